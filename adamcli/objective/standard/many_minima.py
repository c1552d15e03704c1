"""Many local minima, smooth, in any number of dimensions."""

from __future__ import annotations

from adamcli.objective.standard.model import StandardFunction

MANY_MINIMA = (
    StandardFunction(
        name="rastrigin",
        title="Rastrigin",
        category="many minima",
        formula="10*len(x) + sum(x**2 - 10*cos(2*pi*x))",
        domain=((-5.12, 5.12),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=True,
        source="Surjanovic and Bingham 2013; Rastrigin 1974",
    ),
    StandardFunction(
        name="griewank",
        title="Griewank",
        category="many minima",
        formula="sum(x**2)/4000 - prod(cos(x/sqrt(arange(len(x)) + 1))) + 1",
        domain=((-600.0, 600.0),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 59; Griewank 1981",
    ),
    StandardFunction(
        name="levy",
        title="Levy",
        category="many minima",
        formula=(
            "w = 1 + (x - 1)/4\n"
            "head = sin(pi*w[0])**2\n"
            "body = sum((w[:-1] - 1)**2*(1 + 10*sin(pi*w[:-1] + 1)**2))\n"
            "head + body + (w[-1] - 1)**2*(1 + sin(2*pi*w[-1])**2)"
        ),
        domain=((-10.0, 10.0),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="1",
        smooth=True,
        source="Surjanovic and Bingham 2013; Levy and Montalvo 1985",
        min_dim=2,
    ),
    StandardFunction(
        name="schwefel",
        title="Schwefel 2.26",
        category="many minima",
        formula="418.9829*len(x) - sum(x*sin(sqrt(abs(x))))",
        domain=((-500.0, 500.0),),
        dim=5,
        any_dim=True,
        minimum="1.2727566266076574e-05*d",
        minimisers="420.96874635998205",
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 128; Schwefel 1977",
    ),
    StandardFunction(
        name="alpine_2",
        title="Alpine 2",
        category="many minima",
        formula="-prod(sqrt(x)*sin(x))",
        domain=((0.0, 10.0),),
        dim=4,
        any_dim=True,
        minimum="-2.808131180007005**d",
        minimisers="7.917052684666207",
        smooth=True,
        source="Jamil and Yang 2013, no. 7, with the other sign",
    ),
    StandardFunction(
        name="cosine_mixture",
        title="Cosine mixture",
        category="many minima",
        formula="sum(x**2) - 0.1*sum(cos(5*pi*x))",
        domain=((-1.0, 1.0),),
        dim=4,
        any_dim=True,
        minimum="-0.1*d",
        minimisers="0",
        smooth=True,
        source="Jamil and Yang 2013, no. 38, with its signs mended; Breiman and Cutler 1993",
    ),
    StandardFunction(
        name="csendes",
        title="Csendes",
        category="many minima",
        formula=("y = where(x != 0, x, 1)\nsum(x**6*(2 + sin(1/y)))"),
        domain=((-1.0, 1.0),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=True,
        source="Jamil and Yang 2013, no. 40; Csendes and Ratz 1997",
    ),
    StandardFunction(
        name="deb_1",
        title="Deb 1",
        category="many minima",
        formula="-mean(sin(5*pi*x)**6)",
        domain=((-1.0, 1.0),),
        dim=4,
        any_dim=True,
        minimum="-1",
        minimisers="0.1",
        smooth=True,
        source="Jamil and Yang 2013, no. 43",
    ),
    StandardFunction(
        name="deb_3",
        title="Deb 3",
        category="many minima",
        formula="-mean(sin(5*pi*(x**0.75 - 0.05))**6)",
        domain=((0.0, 1.0),),
        dim=4,
        any_dim=True,
        minimum="-1",
        minimisers="0.15**(4/3)",
        smooth=True,
        source="Jamil and Yang 2013, no. 44",
    ),
    StandardFunction(
        name="pinter",
        title="Pinter",
        category="many minima",
        formula=(
            "k = arange(len(x)) + 1\n"
            "left = concat(x[-1], x[:-1])\n"
            "right = concat(x[1:], x[0])\n"
            "a = left*sin(x) + sin(right)\n"
            "b = left**2 - 2*x + 3*right - cos(x) + 1\n"
            "sum(k*x**2 + 20*k*sin(a)**2 + k*log10(1 + k*b**2))"
        ),
        domain=((-10.0, 10.0),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=True,
        source="Jamil and Yang 2013, no. 89; Pinter 1996",
        min_dim=2,
    ),
    StandardFunction(
        name="ripple_1",
        title="Ripple 1",
        category="many minima",
        formula=(
            "bell = exp(-2*log(2)*((x - 0.1)/0.8)**2)\n"
            "-sum(bell*(sin(5*pi*x)**6 + 0.1*cos(500*pi*x)**2))"
        ),
        domain=((0.0, 1.0),),
        dim=2,
        any_dim=True,
        minimum="-1.1*d",
        minimisers="0.1",
        smooth=True,
        source="Jamil and Yang 2013, no. 103",
    ),
    StandardFunction(
        name="ripple_25",
        title="Ripple 25",
        category="many minima",
        formula="-sum(exp(-2*log(2)*((x - 0.1)/0.8)**2)*sin(5*pi*x)**6)",
        domain=((0.0, 1.0),),
        dim=2,
        any_dim=True,
        minimum="-d",
        minimisers="0.1",
        smooth=True,
        source="Jamil and Yang 2013, no. 104",
    ),
    StandardFunction(
        name="shubert_3",
        title="Shubert 3",
        category="many minima",
        formula=(
            "k = arange(5) + 1\n"
            "column = transpose(ones(1, len(x))*x)\n"
            "sum(k*sin((k + 1)*column + k))"
        ),
        domain=((-10.0, 10.0),),
        dim=3,
        any_dim=True,
        minimum="-14.83795002571059*d",
        minimisers="-1.114099687581852",
        smooth=True,
        source="Jamil and Yang 2013, no. 134; Shubert 1972",
    ),
    StandardFunction(
        name="shubert_4",
        title="Shubert 4",
        category="many minima",
        formula=(
            "k = arange(5) + 1\n"
            "column = transpose(ones(1, len(x))*x)\n"
            "sum(k*cos((k + 1)*column + k))"
        ),
        domain=((-10.0, 10.0),),
        dim=3,
        any_dim=True,
        minimum="-12.870885497725684*d",
        minimisers="4.858056878859825",
        smooth=True,
        source="Jamil and Yang 2013, no. 135; Shubert 1972",
    ),
    StandardFunction(
        name="trigonometric_1",
        title="Trigonometric 1",
        category="many minima",
        formula=(
            "k = arange(len(x)) + 1\nsum((len(x) - sum(cos(x)) + k*(1 - cos(x) - sin(x)))**2)"
        ),
        domain=((0.0, 3.141592653589793),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=True,
        source="Jamil and Yang 2013, no. 153; More, Garbow and Hillstrom 1981, no. 26",
    ),
    StandardFunction(
        name="trigonometric_2",
        title="Trigonometric 2",
        category="many minima",
        formula=("y = (x - 0.9)**2\n1 + sum(8*sin(7*y)**2 + 6*sin(14*y[0])**2 + y)"),
        domain=((-500.0, 500.0),),
        dim=4,
        any_dim=True,
        minimum="1",
        minimisers="0.9",
        smooth=True,
        source="Jamil and Yang 2013, no. 154",
    ),
    StandardFunction(
        name="whitley",
        title="Whitley",
        category="many minima",
        formula=(
            "column = transpose(ones(1, len(x))*x)\n"
            "y = 100*(column**2 - x)**2 + (1 - x)**2\n"
            "sum(y**2/4000 - cos(y) + 1)"
        ),
        domain=((-10.24, 10.24),),
        dim=4,
        any_dim=True,
        minimum="0",
        minimisers="1",
        smooth=True,
        source="Jamil and Yang 2013, no. 167; Whitley, Rana, Dzubera and Mathias 1996",
    ),
    StandardFunction(
        name="xin_she_yang_3",
        title="Xin-She Yang 3",
        category="many minima",
        formula="exp(-sum((x/15)**10)) - 2*exp(-sum(x**2))*prod(cos(x)**2)",
        domain=((-20.0, 20.0),),
        dim=4,
        any_dim=True,
        minimum="-1",
        minimisers="0",
        smooth=True,
        source="Jamil and Yang 2013, no. 171; Yang 2010",
    ),
)
