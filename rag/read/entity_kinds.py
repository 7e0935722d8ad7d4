"""Which kind of thing a name in a paper names: a model, a data set, a machine, a language."""

from __future__ import annotations

import re
from typing import Literal, get_args

Kind = Literal["model", "data", "machine", "language"]

# The last word of what is asked for, by kind: patterns, a space apart.
_ASKED: dict[Kind, str] = {
    "model": (
        r"models? llms? vlms? mllms? slms? vlas? lms? backbones? encoders? decoders? teachers? "
        r"students? generators? judges? checkpoints? networks? architectures? baselines? "
        r"transformers? agents? assistants? chatbots? gpts? prms? embedders? retrievers? "
        r"rerankers? tokenizers? detectors? competitors? rivals? systems?"
    ),
    "data": (r"data\s?sets? benchmarks? corpus corpora collections? suites? test\s?sets? data"),
    "machine": (
        r"gpus? cpus? chips? cards? machines? hardware accelerators? devices? servers? clusters? "
        r"processors? supercomputers? phones? smartphones? boards? fpgas? computers? laptops? "
        r"tpus? clouds? provider"
    ),
    "language": (r"languages? tongues? dialects?"),
}
# Names of each kind, as ``rag.text.mentions.key`` folds them.
_NAMED: dict[Kind, str] = {
    "model": (
        r"(?:chat)?gpt.* o[134](?:mini|preview)? .*llama.* qw[eq]n?.* mi[sx]tral.* gemini.* "
        r"gemma.* claude.* deepseek.* phi\d.* .*bert.* f?l?a?n?t5.* [dv]eit.* vit.* swin.* "
        r".*clip.* siglip.* dino.* sam\d?.* stablediffusion.* sdxl.* sd\d+.* flux.* sora.* "
        r"wan\d*.* intern(?:vl|lm).* .*llava.* opt\d*b? bloom.* falcon.* yi\d.* (?:chat)?glm.* "
        r"olmo.* whisper.* yolo.* resnet.* .*mamba.* vicuna.* alpaca.* pythia.* minicpm.* kimi.* "
        r"grok.* aya.* hunyuan.* cogvideo.* dalle.* midjourney.* imagen.* openvla.* octo pi0.* "
        r"lstm cnn xgboost wav2vec.* hubert.* lfm.* pixart.* janus.* musicgen.* medusa eagle\d? "
        r"transformer unet dit nerf .*\d[bm](?:base|instruct|chat|it)? .*instruct .*vl"
    ),
    "data": (
        r"imagenet.* .*coco.* gsm.* math\d* aime\d* amc\d* gpqa.* mmlu.* mmmu.* humaneval.* mbpp.* "
        r"cifar.* .*mnist wiki.* c4 pile redpajama.* laion.* .*vqa.* squad.* hotpotqa triviaqa "
        r".*marco beir mteb.* longbench.* ruler swebench.* webarena.* alfworld nuscenes kitti.* "
        r"waymo.* cityscapes ade20k .*voc.* davis.* scannet.* objaverse.* shapenet.* "
        r".*re(?:alestate)?10k ucf\d* kinetics.* librispeech libero.* movielens.* criteo glue "
        r"superglue .*bench.* .*eval .*qa .*arena .*\dk .*net\d+k? flores.* commoncrawl youtube "
        r"reddit github wmt\d* sharegpt.* mimic.*"
    ),
    "machine": (
        r"[abhlptv]\d{1,3}(?:0+)?(?:gb?)? a100.* h[12]00.* h20 [ahb]\d00.* rtx.* gtx.* nvidia.* "
        r"tpu.* jetson.* orin.* xeon.* epyc.* mi\d{3}x? gaudi\d? iphone.* snapdragon.* "
        r"m[1-4](?:max|pro|ultra)? raspberrypi.* .*fpgas? ascend.* intel.* amd.* aws.* azure.* gcp "
        r"ec2 amazon.* googlecloud alibaba.* frontier aurora summit sn40l alveo.* u280 vu9p zynq.* "
        r"lambda"
    ),
    "language": (
        r"english german french spanish italian portuguese dutch polish czech russian ukrainian "
        r"greek turkish arabic hebrew persian hindi bengali tamil telugu urdu chinese mandarin "
        r"cantonese japanese korean vietnamese thai indonesian malay swahili yoruba finnish "
        r"swedish danish norwegian hungarian romanian bulgarian catalan basque uzbek karakalpak "
        r"python java javascript rust cpp verilog sql"
    ),
}


def _any_of(patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns.split(" ")), re.I)


_NOUNS = {kind: _any_of(patterns) for kind, patterns in _ASKED.items()}
_NAMES = {kind: _any_of(patterns) for kind, patterns in _NAMED.items()}


def kind_asked(noun: str) -> Kind | None:
    """The kind that the noun phrase of a question asks for, by its last word; None for others."""
    last = noun.split()[-1] if noun.split() else ""
    kinds: tuple[Kind, ...] = get_args(Kind)
    parts = re.split(r"[-/'’]", last)
    return next((k for k in kinds if any(_NOUNS[k].fullmatch(part) for part in parts)), None)


def is_of_kind(key: str, kind: Kind) -> bool:
    """Whether a name, folded by ``rag.text.mentions.key``, is of a kind."""
    return bool(_NAMES[kind].fullmatch(key))
