"""How good a recognition model is on pairs of pictures: of LFW, of folders, of a visitor's zip."""
