"""The verbs of ferry, one module each: arguments in, an operation asked, its answer shown."""
