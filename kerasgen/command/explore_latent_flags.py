"""The flags of the kinds of `kerasgen explore` that seek codes and directions."""

from kerasgen.command.flag_types import ints


def add_latent_kinds(add, add_rows, add_start):
    """Adds the kinds.

    Args:
        add: function of a kind's name, its help, the default of `--split` and
            whether it takes a model and is animated, that returns its parser; None
            for `--split` where it takes no data.
        add_rows: function of a parser and the help of `--rows`.
        add_start: function of a parser, for `--index` and `--label`.
    """
    kind = add("project", "Find the codes of real images by descent on the codes.")
    kind.add_argument("--steps", type=int, default=200, help="of the descent")
    text = "starts of each image, of which the best is kept"
    kind.add_argument("--restarts", type=int, default=4, help=text)
    text = "of the first step, in deviations of the prior"
    kind.add_argument("--learning-rate", type=float, default=0.1, help=text)
    start = kind.add_mutually_exclusive_group()
    text = "the first start is the code that the model's own encoder gives"
    start.add_argument("--encode", action="store_true", help=text)
    text = (
        "the first start is the code of an encoder that is fitted to the model's "
        "samples, once, and kept in this file"
    )
    start.add_argument("--encoder", metavar="FILE.keras", help=text)
    text = "features compared as well, such as classifier, random, inception, a file"
    kind.add_argument("--network", help=text)
    kind.add_argument("--network-weights", metavar="PATH", help="file of its weights")
    text = "of the mean squared error of pixels"
    kind.add_argument("--pixel-weight", type=float, default=1.0, help=text)
    text = "of that of features"
    kind.add_argument("--feature-weight", type=float, default=1.0, help=text)
    text = "of the mean square of codes, in deviations of the prior"
    kind.add_argument("--prior-weight", type=float, default=0.0, help=text)
    text = "how many deviations codes may lie from the prior's mean"
    kind.add_argument("--limit", type=float, help=text)
    add_rows(kind, "images")

    text = "Move a code along directions found without labels (SeFa, GANSpace)."
    kind = add("directions", text)
    methods = ("sefa", "ganspace")
    text = "sefa: of the first layer's matrix; ganspace: of its activations"
    kind.add_argument("--method", choices=methods, default="sefa", help=text)
    kind.add_argument("--count", type=int, default=5, help="directions, a row each")
    kind.add_argument("--steps", type=int, default=7, help="images of a row")
    text = "how far to both sides, in deviations of the prior"
    kind.add_argument("--reach", type=float, default=3.0, help=text)
    text = "layer that ganspace looks at (default: the first dense one)"
    kind.add_argument("--layer", metavar="NAME", help=text)
    text = "codes that ganspace draws"
    kind.add_argument("--num-samples", type=int, default=1000, help=text)
    text = "image of the data to start from (default: a code that is drawn)"
    add_start(kind, text)

    text = "Add and subtract mean codes, and say how often the sum has both attributes."
    kind = add("arithmetic", text)
    what = (
        "of the data's labels, and two of its values: that which is added, then that "
        "which is taken off, such as glasses=sunglasses,none"
    )
    name = "NAME=VALUE,VALUE"
    kind.add_argument("--first", required=True, metavar=name, help=f"one {what}")
    text = "another of the data's labels, such as hair=long,short"
    kind.add_argument("--second", required=True, metavar=name, help=text)
    text = "of how many samples a mean is, each of which is measured"
    kind.add_argument("--exemplars", type=ints, default=[1, 3], help=text)
    kind.add_argument("--trials", type=int, default=200, help="sums that are judged")
    text = "samples to choose from"
    kind.add_argument("--num-samples", type=int, default=2000, help=text)
    text = "updates of the classifiers that judge, which are kept once trained"
    kind.add_argument("--judge-steps", type=int, default=1000, help=text)
    kind.add_argument("--label", help="class, for a conditional model")
    kind.set_defaults(index=None)

    text = "Find near-duplicates of a data set by the binary codes of an autoencoder."
    kind = add("duplicates", text, "train", model=False)
    kind.add_argument("--bits", type=int, default=128, help="of a code")
    text = "bits that near-duplicates may differ in"
    kind.add_argument("--radius", type=int, default=0, help=text)
    text = "updates of the autoencoder"
    kind.add_argument("--coder-steps", type=int, default=2000, help=text)
    text = "pixels of a side that images are brought to (default: their own)"
    kind.add_argument("--image-size", type=int, help=text)

    text = "Play the game of a GAN on known densities, as in figure 1 of its paper."
    kind = add("theory", text, None, model=False, animated=True)
    kind.add_argument("--frames", type=int, default=40, help="of the animation")
    kind.add_argument("--steps", type=int, default=25, help="between two frames")
    text = "of the generator's density at the start; the data's is 1"
    kind.add_argument("--mean", type=float, default=-1.5, help="mean " + text)
    text = "of that density at the start; the data's is 0.6"
    kind.add_argument("--deviation", type=float, default=0.5, help="deviation " + text)
    text = "leave the generator as it is, to see the discriminator reach its optimum"
    kind.add_argument("--discriminator-only", action="store_true", help=text)
