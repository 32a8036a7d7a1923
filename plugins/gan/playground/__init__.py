"""The playground: two small networks play the GAN game in the plane, live."""
