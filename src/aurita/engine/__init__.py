"""What runs a reservoir: the door to both engines, the one scan of JAX, and runs in double precision."""
