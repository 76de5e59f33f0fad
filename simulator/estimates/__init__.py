"""Pure statistics: arrays in, :class:`~simulator.estimates.estimate.Estimate` out.

The intervals are simulation error: how far the figure may be from the one that infinitely many
iterations of the same model would give. They say nothing about the uncertainty of the inputs.
"""
