"""The objective of python.yaml, the distance of an orbit from a given point."""

from math import cos, sin, sqrt

TARGET = (0.2, 0.8)


def miss(mean_anomaly: float, eccentricity: float) -> float:
    """Return the squared distance of a planet on its orbit from the target."""
    anomaly = mean_anomaly
    for _ in range(50):
        # Newton's method for Kepler's equation, E - e*sin(E) = M.
        excess = anomaly - eccentricity * sin(anomaly) - mean_anomaly
        anomaly -= excess / (1 - eccentricity * cos(anomaly))
    x = cos(anomaly) - eccentricity
    y = sqrt(1 - eccentricity**2) * sin(anomaly)
    return (x - TARGET[0]) ** 2 + (y - TARGET[1]) ** 2
