# The block is gone.
