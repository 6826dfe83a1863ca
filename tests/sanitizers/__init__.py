"""The compiled code under AddressSanitizer and UndefinedBehaviorSanitizer: nothing read or written out of bounds."""
