"""Sound in and out: devices, sources, ring buffer, resampling, playback."""
