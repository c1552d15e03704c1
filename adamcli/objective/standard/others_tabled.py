"""Functions of no other shape, with tables of constants in them."""

from __future__ import annotations

from adamcli.objective.standard.model import StandardFunction

OTHERS_TABLED = (
    StandardFunction(
        name="gulf_research",
        title="Gulf research problem",
        category="other",
        formula=(
            "k = 0.01*(arange(99) + 1)\n"
            "u = 25 + (-50*log(k))**(2/3)\n"
            "sum((exp(-abs(u - x[1])**x[2]/x[0]) - k)**2)"
        ),
        domain=((0.1, 100.0), (0.0, 25.6), (0.0, 5.0)),
        dim=3,
        any_dim=False,
        minimum="0",
        minimisers=((50.0, 25.0, 1.5),),
        smooth=True,
        source="Jamil and Yang 2013, no. 60; More, Garbow and Hillstrom 1981, no. 11",
    ),
    StandardFunction(
        name="hartmann_3",
        title="Hartmann in 3 dimensions",
        category="other",
        formula=(
            "d1 = sum(concat(3, 10, 30)*(x - concat(0.3689, 0.1170, 0.2673))**2)\n"
            "d2 = sum(concat(0.1, 10, 35)*(x - concat(0.4699, 0.4387, 0.7470))**2)\n"
            "d3 = sum(concat(3, 10, 30)*(x - concat(0.1091, 0.8732, 0.5547))**2)\n"
            "d4 = sum(concat(0.1, 10, 35)*(x - concat(0.0381, 0.5743, 0.8828))**2)\n"
            "-exp(-d1) - 1.2*exp(-d2) - 3*exp(-d3) - 3.2*exp(-d4)"
        ),
        domain=((0.0, 1.0),),
        dim=3,
        any_dim=False,
        minimum="-3.8627797873326624",
        minimisers=((0.11458887665506895, 0.5556488946169301, 0.8525469846866774),),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 62; Hartman 1973",
    ),
    StandardFunction(
        name="hartmann_4",
        title="Hartmann in 4 dimensions",
        category="other",
        formula=(
            "a1 = concat(10, 3, 17, 3.5)\n"
            "a2 = concat(0.05, 10, 17, 0.1)\n"
            "a3 = concat(3, 3.5, 1.7, 10)\n"
            "a4 = concat(17, 8, 0.05, 10)\n"
            "d1 = sum(a1*(x - concat(0.1312, 0.1696, 0.5569, 0.0124))**2)\n"
            "d2 = sum(a2*(x - concat(0.2329, 0.4135, 0.8307, 0.3736))**2)\n"
            "d3 = sum(a3*(x - concat(0.2348, 0.1451, 0.3522, 0.2883))**2)\n"
            "d4 = sum(a4*(x - concat(0.4047, 0.8828, 0.8732, 0.5743))**2)\n"
            "(1.1 - exp(-d1) - 1.2*exp(-d2) - 3*exp(-d3) - 3.2*exp(-d4))/0.839"
        ),
        domain=((0.0, 1.0),),
        dim=4,
        any_dim=False,
        minimum="-3.134494141222399",
        minimisers=(
            (0.1873952729734667, 0.1941515293024407, 0.557917780062569, 0.26477962417039713),
        ),
        smooth=True,
        source="Surjanovic and Bingham 2013; Picheny, Wagner and Ginsbourger 2012",
    ),
    StandardFunction(
        name="hartmann_6",
        title="Hartmann in 6 dimensions",
        category="other",
        formula=(
            "a1 = concat(10, 3, 17, 3.5, 1.7, 8)\n"
            "a2 = concat(0.05, 10, 17, 0.1, 8, 14)\n"
            "a3 = concat(3, 3.5, 1.7, 10, 17, 8)\n"
            "a4 = concat(17, 8, 0.05, 10, 0.1, 14)\n"
            "d1 = sum(a1*(x - concat(0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886))**2)\n"
            "d2 = sum(a2*(x - concat(0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991))**2)\n"
            "d3 = sum(a3*(x - concat(0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650))**2)\n"
            "d4 = sum(a4*(x - concat(0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381))**2)\n"
            "-exp(-d1) - 1.2*exp(-d2) - 3*exp(-d3) - 3.2*exp(-d4)"
        ),
        domain=((0.0, 1.0),),
        dim=6,
        any_dim=False,
        minimum="-3.3223680114155147",
        minimisers=(
            (
                0.20168951100670543,
                0.15001069182345797,
                0.476873974221897,
                0.2753324304940561,
                0.31165161660011326,
                0.6573005340656204,
            ),
        ),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 63; Hartman 1973",
    ),
    StandardFunction(
        name="shekel_5",
        title="Shekel with 5 wells",
        category="other",
        formula=(
            "a = 1/(0.1 + sum((x - 4)**2)) + 1/(0.2 + sum((x - 1)**2))\n"
            "b = 1/(0.2 + sum((x - 8)**2)) + 1/(0.4 + sum((x - 6)**2))\n"
            "c = 1/(0.4 + sum((x - concat(3, 7, 3, 7))**2))\n"
            "-(a + b + c)"
        ),
        domain=((0.0, 10.0),),
        dim=4,
        any_dim=False,
        minimum="-10.153199679058227",
        minimisers=((4.000037152819676, 4.00013327659156, 4.000037152819676, 4.00013327659156),),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 130; Dixon and Szego 1978",
    ),
    StandardFunction(
        name="shekel_7",
        title="Shekel with 7 wells",
        category="other",
        formula=(
            "a = 1/(0.1 + sum((x - 4)**2)) + 1/(0.2 + sum((x - 1)**2))\n"
            "b = 1/(0.2 + sum((x - 8)**2)) + 1/(0.4 + sum((x - 6)**2))\n"
            "c = 1/(0.4 + sum((x - concat(3, 7, 3, 7))**2))\n"
            "d = 1/(0.6 + sum((x - concat(2, 9, 2, 9))**2))\n"
            "f = 1/(0.3 + sum((x - concat(5, 5, 3, 3))**2))\n"
            "-(a + b + c + d + f)"
        ),
        domain=((0.0, 10.0),),
        dim=4,
        any_dim=False,
        minimum="-10.40294056681866",
        minimisers=(
            (4.000572916185823, 4.000689366185305, 3.9994897088591506, 3.9996061588586316),
        ),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 131; Dixon and Szego 1978",
    ),
    StandardFunction(
        name="shekel_10",
        title="Shekel with 10 wells",
        category="other",
        formula=(
            "a = 1/(0.1 + sum((x - 4)**2)) + 1/(0.2 + sum((x - 1)**2))\n"
            "b = 1/(0.2 + sum((x - 8)**2)) + 1/(0.4 + sum((x - 6)**2))\n"
            "c = 1/(0.4 + sum((x - concat(3, 7, 3, 7))**2))\n"
            "d = 1/(0.6 + sum((x - concat(2, 9, 2, 9))**2))\n"
            "f = 1/(0.3 + sum((x - concat(5, 5, 3, 3))**2))\n"
            "g = 1/(0.7 + sum((x - concat(8, 1, 8, 1))**2))\n"
            "h = 1/(0.5 + sum((x - concat(6, 2, 6, 2))**2))\n"
            "k = 1/(0.5 + sum((x - concat(7, 3.6, 7, 3.6))**2))\n"
            "-(a + b + c + d + f + g + h + k)"
        ),
        domain=((0.0, 10.0),),
        dim=4,
        any_dim=False,
        minimum="-10.536409816692043",
        minimisers=(
            (4.000746531592046, 4.000592934138532, 3.9996633980403224, 3.9995098005868077),
        ),
        smooth=True,
        source="Surjanovic and Bingham 2013; Jamil and Yang 2013, no. 132; Dixon and Szego 1978",
    ),
    StandardFunction(
        name="kowalik",
        title="Kowalik and Osborne",
        category="other",
        formula=(
            "y1 = concat(0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627)\n"
            "y = concat(y1, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246)\n"
            "u = 1/concat(0.25, 0.5, 1, 2, 4, 6, 8, 10, 12, 14, 16)\n"
            "sum((y - x[0]*(u**2 + u*x[1])/(u**2 + u*x[2] + x[3]))**2)"
        ),
        domain=((0.0, 0.42),),
        dim=4,
        any_dim=False,
        minimum="0.00030748598780560644",
        minimisers=(
            (0.1928334529825086, 0.19083623878262898, 0.12311729627785722, 0.13576598998153694),
        ),
        smooth=True,
        source="More, Garbow and Hillstrom 1981, no. 15",
    ),
)
