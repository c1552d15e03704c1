"""Plates: the ground is nearly flat around the minimum, at least in one direction."""

from __future__ import annotations

from adamcli.objective.standard.model import StandardFunction

PLATES = (
    StandardFunction(
        name="booth",
        title="Booth",
        category="plate",
        formula="(x[0] + 2*x[1] - 7)**2 + (2*x[0] + x[1] - 5)**2",
        domain=((-10.0, 10.0),),
        dim=2,
        any_dim=False,
        minimum="0",
        minimisers=((1.0, 3.0),),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 20",
    ),
    StandardFunction(
        name="matyas",
        title="Matyas",
        category="plate",
        formula="0.26*(x[0]**2 + x[1]**2) - 0.48*x[0]*x[1]",
        domain=((-10.0, 10.0),),
        dim=2,
        any_dim=False,
        minimum="0",
        minimisers=((0.0, 0.0),),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 71",
    ),
    StandardFunction(
        name="mccormick",
        title="McCormick",
        category="plate",
        formula="sin(x[0] + x[1]) + (x[0] - x[1])**2 - 1.5*x[0] + 2.5*x[1] + 1",
        domain=((-1.5, 4.0), (-3.0, 4.0)),
        dim=2,
        any_dim=False,
        minimum="-1.9132229549810364",
        minimisers=((-0.5471975511965977, -1.5471975511965979),),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 72; McCormick 1976",
    ),
    StandardFunction(
        name="power_sum",
        title="Power sum",
        category="plate",
        formula=(
            "s1 = (sum(x) - 8)**2\n"
            "s2 = (sum(x**2) - 18)**2\n"
            "s3 = (sum(x**3) - 44)**2\n"
            "s4 = (sum(x**4) - 114)**2\n"
            "s1 + s2 + s3 + s4"
        ),
        domain=((0.0, 4.0),),
        dim=4,
        any_dim=False,
        minimum="0",
        minimisers=(
            (1.0, 2.0, 2.0, 3.0),
            (1.0, 2.0, 3.0, 2.0),
            (1.0, 3.0, 2.0, 2.0),
            (2.0, 1.0, 2.0, 3.0),
            (2.0, 1.0, 3.0, 2.0),
            (2.0, 2.0, 1.0, 3.0),
            (2.0, 2.0, 3.0, 1.0),
            (2.0, 3.0, 1.0, 2.0),
            (2.0, 3.0, 2.0, 1.0),
            (3.0, 1.0, 2.0, 2.0),
            (3.0, 2.0, 1.0, 2.0),
            (3.0, 2.0, 2.0, 1.0),
        ),
        smooth=True,
        source="Surjanovic and Bingham 2013",
    ),
    StandardFunction(
        name="zakharov",
        title="Zakharov",
        category="plate",
        formula=("s = sum(0.5*(arange(len(x)) + 1)*x)\nsum(x**2) + s**2 + s**4"),
        domain=((-5.0, 10.0),),
        dim=5,
        any_dim=True,
        minimum="0",
        minimisers="0",
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 173",
    ),
    StandardFunction(
        name="zettl",
        title="Zettl",
        category="plate",
        formula="(x[0]**2 + x[1]**2 - 2*x[0])**2 + 0.25*x[0]",
        domain=((-5.0, 10.0),),
        dim=2,
        any_dim=False,
        minimum="-0.003791237220468898",
        minimisers=((-0.029895985050660382, 0.0),),
        smooth=True,
        source="Jamil and Yang 2013, no. 174; Zettl 1970",
    ),
    StandardFunction(
        name="zirilli",
        title="Zirilli, or Aluffi-Pentini",
        category="plate",
        formula="0.25*x[0]**4 - 0.5*x[0]**2 + 0.1*x[0] + 0.5*x[1]**2",
        domain=((-10.0, 10.0),),
        dim=2,
        any_dim=False,
        minimum="-0.35238607380003645",
        minimisers=((-1.0466805318046022, 0.0),),
        smooth=True,
        source="Jamil and Yang 2013, no. 175; Aluffi-Pentini, Parisi and Zirilli 1985",
    ),
    StandardFunction(
        name="trecanni",
        title="Trecanni",
        category="plate",
        formula="x[0]**4 + 4*x[0]**3 + 4*x[0]**2 + x[1]**2",
        domain=((-5.0, 5.0),),
        dim=2,
        any_dim=False,
        minimum="0",
        minimisers=((-2.0, 0.0), (0.0, 0.0)),
        smooth=True,
        source="Jamil and Yang 2013, no. 149; Dixon and Szego 1978",
    ),
    StandardFunction(
        name="box_betts",
        title="Box and Betts",
        category="plate",
        formula=(
            "t = 0.1*(arange(10) + 1)\n"
            "sum((exp(-t*x[0]) - exp(-t*x[1]) - (exp(-t) - exp(-10*t))*x[2])**2)"
        ),
        domain=((0.9, 1.2), (9.0, 11.2), (0.9, 1.2)),
        dim=3,
        any_dim=False,
        minimum="0",
        minimisers=((1.0, 10.0, 1.0),),
        smooth=True,
        source="Jamil and Yang 2013, no. 21; Box 1966",
    ),
    StandardFunction(
        name="biggs_exp_2",
        title="Biggs, exponentials of 2 variables",
        category="plate",
        formula=(
            "t = 0.1*(arange(10) + 1)\n"
            "sum((exp(-t*x[0]) - 5*exp(-t*x[1]) - exp(-t) + 5*exp(-10*t))**2)"
        ),
        domain=((0.0, 20.0),),
        dim=2,
        any_dim=False,
        minimum="0",
        minimisers=((1.0, 10.0),),
        smooth=True,
        source="Jamil and Yang 2013, no. 11; Biggs 1971",
    ),
    StandardFunction(
        name="biggs_exp_3",
        title="Biggs, exponentials of 3 variables",
        category="plate",
        formula=(
            "t = 0.1*(arange(10) + 1)\n"
            "sum((exp(-t*x[0]) - x[2]*exp(-t*x[1]) - exp(-t) + 5*exp(-10*t))**2)"
        ),
        domain=((0.0, 20.0),),
        dim=3,
        any_dim=False,
        minimum="0",
        minimisers=((1.0, 10.0, 5.0),),
        smooth=True,
        source="Jamil and Yang 2013, no. 12; Biggs 1971",
    ),
    StandardFunction(
        name="miele_cantrell",
        title="Miele and Cantrell",
        category="plate",
        formula=(
            "a = (exp(-x[0]) - x[1])**4 + 100*(x[1] - x[2])**6\na + tan(x[2] - x[3])**4 + x[0]**8"
        ),
        domain=((-1.0, 1.0),),
        dim=4,
        any_dim=False,
        minimum="0",
        minimisers=((0.0, 1.0, 1.0, 1.0),),
        smooth=True,
        source="Jamil and Yang 2013, no. 73; Miele and Cantrell 1969",
    ),
    StandardFunction(
        name="jennrich_sampson",
        title="Jennrich and Sampson",
        category="plate",
        formula=("k = arange(10) + 1\nsum((2 + 2*k - (exp(k*x[0]) + exp(k*x[1])))**2)"),
        domain=((-1.0, 1.0),),
        dim=2,
        any_dim=False,
        minimum="124.36218235561485",
        minimisers=((0.2578252136703641, 0.2578252136703641),),
        smooth=True,
        source="Jamil and Yang 2013, no. 67; Jennrich and Sampson 1968",
    ),
    StandardFunction(
        name="watson",
        title="Watson in 6 dimensions",
        category="plate",
        formula=(
            "t = transpose(ones(1, 29)*(arange(29) + 1)/29)\n"
            "slope = (t**arange(5)) @ ((arange(5) + 1)*x[1:])\n"
            "value = (t**arange(6)) @ x\n"
            "sum((slope - value**2 - 1)**2) + x[0]**2 + (x[1] - x[0]**2 - 1)**2"
        ),
        domain=((-5.0, 5.0),),
        dim=6,
        any_dim=False,
        minimum="0.0022876700535524363",
        minimisers=(
            (
                -0.015725086401458456,
                1.0124348693691099,
                -0.2329916259567377,
                1.2604300877996084,
                -1.5137289227222797,
                0.9929964324311346,
            ),
        ),
        smooth=True,
        source=(
            "Jamil and Yang 2013, no. 161, with its last term; "
            "More, Garbow and Hillstrom 1981, no. 20"
        ),
    ),
    StandardFunction(
        name="bard",
        title="Bard",
        category="plate",
        formula=(
            "k = arange(15) + 1\n"
            "a = concat(0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39)\n"
            "b = concat(0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39)\n"
            "sum((concat(a, b) - x[0] - k/((16 - k)*x[1] + minimum(k, 16 - k)*x[2]))**2)"
        ),
        domain=((-0.25, 0.25), (0.01, 2.5), (0.01, 2.5)),
        dim=3,
        any_dim=False,
        minimum="0.00821487730657898",
        minimisers=((0.08241055974978899, 1.1330360920297224, 2.3436951786425366),),
        smooth=True,
        source="Jamil and Yang 2013, no. 8; Bard 1970",
    ),
)
