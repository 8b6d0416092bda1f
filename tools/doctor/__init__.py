"""`make doctor`: is this set-up right, and if not, what is wrong and how is it mended?"""
