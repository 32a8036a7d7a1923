"""Recognition (1:K): who of the people in a gallery is this, and whose gallery is it?"""
