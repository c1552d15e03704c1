"""Many local minima, the lowest one in a kink, in any number of dimensions."""

from __future__ import annotations

from adamcli.objective.standard.model import StandardFunction

MANY_MINIMA_KINKED = (
    StandardFunction(
        name="ackley",
        title="Ackley",
        category="many minima",
        formula=(
            "waves = exp(mean(cos(2*pi*x)))\n-20*exp(-0.2*norm(x)/sqrt(len(x))) - waves + 20 + e"
        ),
        domain=((-32.768, 32.768),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=False,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 1; Ackley 1987",
    ),
    StandardFunction(
        name="salomon",
        title="Salomon",
        category="many minima",
        formula=("r = norm(x)\n1 - cos(2*pi*r) + 0.1*r"),
        domain=((-100.0, 100.0),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=False,
        source="Jamil and Yang 2013, no. 110; Salomon 1996",
    ),
    StandardFunction(
        name="alpine_1",
        title="Alpine 1",
        category="many minima",
        formula="sum(abs(x*sin(x) + 0.1*x))",
        domain=((-10.0, 10.0),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=False,
        source="Jamil and Yang 2013, no. 6",
    ),
    StandardFunction(
        name="quintic",
        title="Quintic",
        category="many minima",
        formula="sum(abs(x**5 - 3*x**4 + 4*x**3 + 2*x**2 - 10*x - 4))",
        domain=((-10.0, 10.0),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="-1",
        smooth=False,
        source="Jamil and Yang 2013, no. 101; Mishra 2006",
    ),
    StandardFunction(
        name="weierstrass",
        title="Weierstrass",
        category="many minima",
        formula=(
            "k = arange(21)\n"
            "column = transpose(ones(1, len(x))*x)\n"
            "waves = sum(0.5**k*cos(2*pi*3**k*(column + 0.5)))\n"
            "waves - len(x)*sum(0.5**k*cos(pi*3**k))"
        ),
        domain=((-0.5, 0.5),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=False,
        source="Jamil and Yang 2013, no. 166",
    ),
    StandardFunction(
        name="xin_she_yang_2",
        title="Xin-She Yang 2",
        category="many minima",
        formula="sum(abs(x))*exp(-sum(sin(x**2)))",
        domain=((-6.283185307179586, 6.283185307179586),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=False,
        source="Jamil and Yang 2013, no. 170; Yang 2010",
    ),
    StandardFunction(
        name="xin_she_yang_4",
        title="Xin-She Yang 4",
        category="many minima",
        formula="(sum(sin(x)**2) - exp(-sum(x**2)))*exp(-sum(sin(sqrt(abs(x)))**2))",
        domain=((-10.0, 10.0),),
        dim=4,
        any_dim=True,
        minimum="-1",
        minimisers="0",
        smooth=False,
        source="Jamil and Yang 2013, no. 172; Yang 2010",
    ),
)
