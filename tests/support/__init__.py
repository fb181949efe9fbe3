"""What tests share: nets, batches, rows, negative controls, mutation."""
