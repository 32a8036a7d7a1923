"""Do a GAN's pictures help to train a classifier when there are few labelled ones?"""
