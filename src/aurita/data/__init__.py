"""What users pass in, made into padded batches: sequences, series, frames, their indexes, scaling."""
