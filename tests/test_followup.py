"""What a question means after what was said before it."""

from __future__ import annotations

import time

import pytest

from eval.questions import load_questions, split
from rag.understand.history import standalone, understand

History = tuple[tuple[str, str], ...]


def _talk(*turns: str) -> History:
    return tuple(("assistant" if i % 2 else "user", turn) for i, turn in enumerate(turns))


FLEXLLM = _talk(
    "Does FlexLLM mix training and serving?",
    "Yes, it co-serves inference and finetuning on shared GPUs [FlexLLM].",
)
FLEXLLM_QUOTED = _talk(
    "How does FlexLLM save memory?",
    "**FlexLLM: A System for Co-Serving Large Language Model Inference and Parameter-Efficient"
    " Finetuning**\nDependent parallelization and graph pruning keep activations small. [1]",
)
SLEEP = _talk(
    "how much accuracy does it add on Stateful GSM-Symbolic?",
    "**Sleep-time Compute: Beyond Inference Scaling at Test-time**\nScaling sleep-time compute"
    " raises accuracy by at most 13% on Stateful GSM-Symbolic, and by 18% on Stateful AIME. [1]",
)
SLEEP_NAMED = _talk(
    "What is sleep-time compute?",
    "The model thinks about a context before any query arrives [Sleep-time Compute].",
    *(text for _, text in SLEEP),
)
SPLIT = _talk(
    "who splits prefill and decode?",
    "DistServe puts them on different GPUs [DistServe]; Splitwise on different machines"
    " [Splitwise].",
)
SPLIT_THEN_ONE = (*SPLIT, *FLEXLLM)
THREE = _talk(
    "Which serverless papers are there?",
    "- **LIFL: A Lightweight, Event-driven Serverless Platform for Federated Learning**: It does"
    " away with the message broker. [1]\n"
    "- **Serverless Cold Starts and Where to Find Them**: A trace of 85 billion requests. [2]\n"
    "- **SQUASH: Serverless and Distributed Quantization-based Attributed Vector Similarity"
    " Search**: Filters vectors by attributes. [3]",
)
OPTIMISERS = _talk(
    "Which optimisers save memory?",
    "COSMOS and Natural GaLore [COSMOS] [Natural GaLore].",
    "What's COSMOS made of?",
    "SOAP for the leading eigensubspace and MUON for the rest [COSMOS].",
)
SWITCH = _talk(
    "How fast is vAttention?",
    "Token generation is up to 1.97x faster than with vLLM [vAttention].",
    "and FastSwitch?",
    "Speedups of 1.4x to 11.2x in tail latencies [FastSwitch].",
)
NAS = _talk(
    "What error does EEEA-Net get on CIFAR-10?",
    "**EEEA-Net: An Early Exit Evolutionary Neural Architecture Search**\n2.46% on CIFAR-10, 15.02%"
    " on CIFAR-100 and 23.8% on ImageNet. [1]",
)
WAN = _talk(
    "How much GPU memory does the 14B model of Wan need?",
    "**Wan: Open and Advanced Large-Scale Video Generative Models**\nThe 1.3B model needs 8.19 GB"
    " of VRAM. [1]",
)
COMPARED = _talk(
    "Compare ExpertFlow with MoE-Lens",
    "- **ExpertFlow: Optimized Expert Activation and Token Allocation for Efficient"
    " Mixture-of-Experts Inference**: Up to 93.72% less GPU memory. [1]\n"
    "- **MoE-Lens: Towards the Hardware Limit of High-Throughput MoE LLM Serving Under Resource"
    " Constraints**: 4.6x on average. [2]",
)
UNTITLED = _talk(
    "Does RPS beat pruning?",
    "**In defense of parameter sharing for model-compression**\nRPS is better at high"
    " compression. [1]",
)
TRACE = _talk(
    "how big is the Huawei trace",
    "One month, 85 billion requests, 11.9 million cold starts [Serverless Cold Starts].",
)
TENANTS = _talk(
    "any index where tenants only see their own vectors?",
    "**Curator: Efficient Indexing for Multi-Tenant Vector Databases**\nAn in-memory vector index"
    " for multi-tenant queries, up to 12.3x faster. [1]\n\n"
    "Also close: **SQUASH: Serverless and Distributed Quantization-based Attributed Vector"
    " Similarity Search** [2]",
)
REFUSED = _talk(
    "How many tokens was LLMTune trained on?",
    "The papers in this library don't say.",
)

# history, question, what the understood question must hold, what it mustn't
DEPENDENT = [
    # pronouns and possessives
    (FLEXLLM, "How much memory does it save?", "FlexLLM memory", "serving"),
    (FLEXLLM, "what are its limits", "FlexLLM limits", "mix"),
    (FLEXLLM, "Do they say how many GPUs were used?", "FlexLLM GPUs", "serving"),
    (FLEXLLM, "is this faster than DeepSpeed?", "FlexLLM faster DeepSpeed", "mix"),
    (FLEXLLM, "What does the paper compare against?", "FlexLLM compare", "training"),
    (FLEXLLM, "who are the authors?", "authors FlexLLM", "training"),
    (FLEXLLM, "has that paper released code?", "FlexLLM code", "training"),
    (FLEXLLM, "Thanks! And what's its throughput?", "FlexLLM throughput", "Thanks training"),
    (FLEXLLM, "ok cool, does it work with llama?", "FlexLLM llama", "cool serving"),
    (FLEXLLM, "What is it's latency", "FlexLLM's latency", "it's"),
    (FLEXLLM, "hwo fast is it", "fast FlexLLM", "serving"),
    (FLEXLLM, "Why does that work?", "FlexLLM work", ""),
    (FLEXLLM, "was it tested on A100s or on H100s?", "FlexLLM A100s H100s", "mix"),
    (FLEXLLM_QUOTED, "how does it compare with DistServe?", "FlexLLM compare DistServe", "memory"),
    (FLEXLLM_QUOTED, "Is it quicker than vLLM, and by how much?", "FlexLLM quicker vLLM", "memory"),
    (FLEXLLM_QUOTED, "Which models did they finetune?", "FlexLLM models finetune", "memory"),
    (FLEXLLM_QUOTED, "what problem does this solve", "FlexLLM problem solve", "memory"),
    (UNTITLED, "what do the authors call their fixed version?", "parameter sharing fixed", "beat"),
    (UNTITLED, "Is it provably stable?", "parameter sharing provably stable", "pruning"),
    (SWITCH, "What range of speedups does that one report?", "FastSwitch range", "vAttention"),
    (SWITCH, "what did he measure?", "FastSwitch measure", "vAttention he "),
    (
        (*NAS, *_talk("hm, wasn't it 3%?", "No. **EEEA-Net: An Early Exit**\n2.46% [1]")),
        "and on ImageNet?",
        "error EEEA-Net ImageNet",
        "3%",
    ),
    (SWITCH, "and its overhead?", "FastSwitch overhead", "vAttention"),
    (SWITCH, "does it beat vAttention?", "FastSwitch vAttention beat", ""),
    # ellipsis
    (SLEEP, "and for the AIME one?", "accuracy Sleep-time Compute AIME", "GSM-Symbolic"),
    (SLEEP_NAMED, "and for the AIME one?", "accuracy Sleep-time AIME add", "GSM-Symbolic"),
    (SLEEP_NAMED, "What about on AIME?", "accuracy Sleep-time AIME add", "GSM-Symbolic"),
    (FLEXLLM, "and on how many GPUs?", "On how many GPUs in FlexLLM", "about serving"),
    (FLEXLLM, "And with which models?", "With which models in FlexLLM", "about serving"),
    (NAS, "and on ImageNet?", "error EEEA-Net ImageNet", "CIFAR-10"),
    (NAS, "on CIFAR-100?", "error EEEA-Net CIFAR-100", "CIFAR-10?"),
    (NAS, "what about ImageNet?", "error EEEA-Net ImageNet", "CIFAR-10"),
    (NAS, "no, I meant CIFAR-100", "error EEEA-Net CIFAR-100", "meant"),
    (NAS, "and the search cost?", "EEEA-Net search cost", "error CIFAR-10"),
    (NAS, "how long did the search take?", "EEEA-Net search", "CIFAR-10 error"),
    (NAS, "parameters?", "EEEA-Net parameters", "error"),
    (FLEXLLM, "what about memory?", "memory FlexLLM", "serving training"),
    (FLEXLLM, "how about energy use", "energy FlexLLM", "serving"),
    (FLEXLLM, "waht about accuracy", "accuracy FlexLLM", "serving"),
    (FLEXLLM, "how much faster?", "faster FlexLLM", "serving"),
    (FLEXLLM, "which dataset?", "dataset FlexLLM", "serving"),
    (FLEXLLM, "And which baselines and models?", "baselines models FlexLLM", "serving"),
    (FLEXLLM, "how many GPUs?", "GPUs FlexLLM", "serving"),
    (FLEXLLM, "why?", "Why does FlexLLM mix training and serving", ""),
    (FLEXLLM, "How?", "How does FlexLLM mix training and serving", ""),
    (FLEXLLM, "how does it do that?", "How does FlexLLM mix training and serving", ""),
    (FLEXLLM, "even with long prompts?", "FlexLLM mix long prompts", ""),
    (FLEXLLM, "and when the GPUs are busy?", "FlexLLM GPUs busy mix", ""),
    (FLEXLLM, "Tell me more", "FlexLLM", "mix"),
    (FLEXLLM, "can you explain it in simple terms?", "FlexLLM", "mix"),
    (FLEXLLM_QUOTED, "by how much?", "FlexLLM memory how much", ""),
    (FLEXLLM_QUOTED, "and Llumnix?", "Llumnix memory save", "FlexLLM"),
    (FLEXLLM_QUOTED, "What about DistServe's?", "DistServe memory save", "FlexLLM"),
    (FLEXLLM_QUOTED, "same question for MegaScale", "MegaScale memory save", "FlexLLM"),
    (FLEXLLM_QUOTED, "sorry, I meant FlightLLM", "FlightLLM memory save", "FlexLLM sorry"),
    (SWITCH, "back to the other one: why is it fast?", "vAttention", ""),
    (SWITCH, "and on long contexts?", "fast FastSwitch long contexts", "vAttention"),
    (WAN, "no, I meant the 1.3B model", "GPU memory 1.3B Wan", "14B meant"),
    (WAN, "and the smaller one?", "GPU memory Wan smaller", ""),
    (WAN, "what about its bigger sibling", "GPU memory Wan bigger sibling", ""),
    (TRACE, "From how many data centres?", "data centres Serverless Cold Starts", "big"),
    (TRACE, "How many cold starts were there?", "cold starts Serverless", "big"),
    (REFUSED, "and what is its speedup?", "LLMTune speedup", "tokens"),
    (TENANTS, "how does it do that?", "Curator tenants vectors", ""),
    (TENANTS, "12.3x compared to what?", "Curator 12.3x", "tenants"),
    (TENANTS, "what about squash", "SQUASH", "Curator"),
    (TENANTS, "and the other paper?", "SQUASH", "Curator"),
    (TENANTS, "what does [2] say about cost?", "SQUASH cost", "Curator"),
    (TENANTS, "summarise it in one sentence please", "Curator", "tenants"),
    (FLEXLLM_QUOTED, "how does that compare to Splitwise?", "FlexLLM compare Splitwise", "memory"),
    (FLEXLLM_QUOTED, "not FlexLLM, I meant FlightLLM", "FlightLLM memory save", "FlexLLM"),
    (FLEXLLM_QUOTED, "which other papers do that?", "other papers memory FlexLLM", ""),
    (NAS, "only for ImageNet?", "error EEEA-Net ImageNet", ""),
    (NAS, "versus Single-Path NAS", "error EEEA-Net CIFAR-10 versus Single-Path", ""),
    # parts of the paper, no pronoun
    (FLEXLLM, "are there any downsides?", "downsides FlexLLM", "serving"),
    (FLEXLLM, "is there a github repo", "github FlexLLM", "serving"),
    (FLEXLLM, "numbers pls", "numbers FlexLLM", "serving pls"),
    (FLEXLLM, "how does the scheduling work?", "scheduling FlexLLM", "mix"),
    (FLEXLLM, "Is the code available?", "code FlexLLM", "serving"),
    (FLEXLLM, "What are the limitations?", "limitations FlexLLM", "serving"),
    (FLEXLLM, "What datasets were used?", "datasets FlexLLM", "serving"),
    (FLEXLLM, "How big is the speedup exactly?", "speedup FlexLLM", "serving"),
    # several papers
    (SPLIT, "Costs in the latter?", "Splitwise costs", "DistServe prefill"),
    (SPLIT, "and the former, what goodput does it reach?", "DistServe goodput", "Splitwise"),
    (SPLIT, "which of the two is faster?", "DistServe Splitwise faster", "prefill"),
    (SPLIT, "wich one is cheaper", "DistServe Splitwise cheaper", "prefill"),
    (SPLIT, "which of these papers came out first?", "DistServe Splitwise first", "these"),
    (SPLIT, "Do both need a fast network?", "DistServe Splitwise fast network", "prefill"),
    (SPLIT, "What GPUs does each use?", "DistServe Splitwise GPUs", "prefill"),
    (SPLIT, "how do they compare?", "DistServe Splitwise compare", "prefill"),
    (SPLIT, "what's the difference?", "difference DistServe Splitwise", "prefill"),
    (SPLIT, "tell me about the second one", "Splitwise", "DistServe"),
    (THREE, "the third?", "SQUASH", "LIFL Cold"),
    (THREE, "How does the first of those avoid a message broker?", "LIFL broker", "SQUASH"),
    (THREE, "What does the last one cost?", "SQUASH cost", "LIFL Cold"),
    (THREE, "tell me about paper 2", "Cold Starts", "LIFL SQUASH"),
    (THREE, "What's the recall of [3]?", "SQUASH recall", "LIFL Cold"),
    (THREE, "second one: how many requests?", "Cold Starts requests", "LIFL SQUASH"),
    (COMPARED, "how many GPUs did each use", "ExpertFlow MoE-Lens GPUs", "Compare"),
    (THREE, "first one please", "LIFL", "SQUASH please"),
    (THREE, "2?", "Cold Starts", "LIFL SQUASH"),
    (THREE, "which is newest?", "LIFL Cold Starts SQUASH newest", ""),
    (THREE, "any of them with code?", "LIFL Cold Starts SQUASH code", ""),
    (
        OPTIMISERS,
        "And the other one, what does it reach on TinyAgent?",
        "GaLore TinyAgent",
        "COSMOS",
    ),
    (THREE, "compare the first two", "Compare LIFL Cold Starts", "SQUASH"),
    (THREE, "the last two: what do they cost?", "Cold Starts SQUASH cost", "LIFL"),
    (THREE, "how does the first differ from the second?", "LIFL", "SQUASH"),
    (THREE, "difference between the 2nd and the 3rd one?", "Cold Starts SQUASH difference", "LIFL"),
    ((*THREE, *SPLIT), "what does the third one do?", "SQUASH", "DistServe Splitwise"),
    (OPTIMISERS, "and the second one?", "made Natural GaLore", "COSMOS"),
    (OPTIMISERS, "how does it compare with the other?", "COSMOS Natural GaLore compare", "made"),
    (OPTIMISERS, "what are they both tested on?", "COSMOS Natural GaLore tested", "made"),
    (SWITCH, "which of the two is quicker?", "vAttention FastSwitch quicker", ""),
    (COMPARED, "which one needs less memory?", "ExpertFlow MoE-Lens less memory", ""),
    (COMPARED, "What hardware do they run on?", "ExpertFlow MoE-Lens hardware", "Compare"),
    (COMPARED, "and their speedups?", "ExpertFlow MoE-Lens speedups", "Compare"),
]

UNCHANGED = [
    (FLEXLLM, "What does DistServe do?"),
    (FLEXLLM, "How does NanoFlow keep the GPU busy?"),
    (FLEXLLM, "How much memory does FlexLLM save?"),
    (FLEXLLM, "Which papers are about federated learning?"),
    (FLEXLLM, "who moves a running request to another machine while it keeps going"),
    (FLEXLLM, "Is there a paper on watermarking?"),
    (FLEXLLM, "Does MegaScale use its own network stack, and how does it detect faults?"),
    (FLEXLLM, "What kind of test did they use to show that AIOS is reliable?"),
    (FLEXLLM, "In the dissertation on online processing, when do the pruning adapters win?"),
    (FLEXLLM, "What did the authors of the routing survey conclude?"),
    (FLEXLLM, "Compare ReMax with PPO."),
    (FLEXLLM, "thanks!"),
    (FLEXLLM, "ok, great, thank you very much"),
    (FLEXLLM, "Hi"),
    (FLEXLLM, "something that quantises to two bits"),
    (FLEXLLM, "I need an index that lets each tenant see only its own vectors"),
    (FLEXLLM, "How do people reduce the cost of cross-lingual QA?"),
    (FLEXLLM, "LaCon's FID on COCO?"),
    (FLEXLLM, "Explain sleep-time compute"),
    (FLEXLLM, "Tell me about vAttention."),
    (FLEXLLM, "who won the women's 100 m in Paris?"),
    (FLEXLLM, "What is the capital of France?"),
    (FLEXLLM, "Is it worth fixing my mortgage for five years?"),
    (FLEXLLM, "???"),
    (SPLIT, "What is Llumnix, and which scheduler does it replace?"),
    (SPLIT, "ExpertFlow or MoE-Lens: which one is faster?"),
    (SPLIT_THEN_ONE, "which paper would help me to label images with fewer people?"),
    (SPLIT, "Which algorithm hands each device its LoRA rank in FedSpine?"),
    (SPLIT, "Which teams opened up their code, going by what their papers say?"),
    (FLEXLLM, "and in the paper about routing, what metric do they use?"),
    (FLEXLLM, "What's a KV cache and why does it grow?"),
    (FLEXLLM, "Are there models that think before they are asked?"),
    (FLEXLLM, "How can the cost of inference be reduced?"),
    (FLEXLLM, "What is the training cost of GPT-4?"),
    (FLEXLLM, "Which datasets are used to evaluate code efficiency?"),
    (FLEXLLM, "How large is the communication overhead of data parallelism?"),
    (FLEXLLM, "It is not proven that pruning hurts."),
    (FLEXLLM, "which of these papers came out in 2025?"),
    (FLEXLLM, "Does it pay to think longer at test time for small models?"),
    (SPLIT, "Do any of the papers release their code?"),
    (SPLIT, "Which of the two NAS papers is older?"),
    (FLEXLLM, "and Splitwise, how fast is that?"),
    (FLEXLLM, "what about the authors of Llumnix?"),
    (FLEXLLM, "hm ok and what about papers on quantisation?"),
    (FLEXLLM, "forget that. How does ZeRO shard the optimiser?"),
    (FLEXLLM, "new topic: federated learning"),
    (FLEXLLM, "are there any benchmarks for code?"),
    (THREE, "How many epochs does Single-Path NAS need?"),
    (THREE, "Which of your papers protects training with differential privacy?"),
    (THREE, "What's the first step of ReSocratic?"),
    (SWITCH, "What can Wan generate besides video?"),
    (NAS, "How large is the training set of ReSocratic?"),
    (NAS, "Language models on phones: what is there on getting them to run?"),
    (WAN, "Does quantisation hurt small models?"),
    (TRACE, "Combien de lignes de code faut-il pour ReMax ?"),
    ((), "how much faster is it?"),
    ((), "and on ImageNet?"),
    (_talk("hi", "Hello! Ask me about your papers."), "What does it do?"),
]


def _ids(cases: list[tuple[object, ...]]) -> list[str]:
    return [str(case[1]) for case in cases]


@pytest.mark.parametrize(
    ("history", "question", "must", "must_not"), DEPENDENT, ids=_ids(DEPENDENT)
)  # type: ignore[arg-type]
def test_a_followup_is_understood(
    history: History, question: str, must: str, must_not: str
) -> None:
    understood = standalone(question, history)
    folded = understood.lower()
    assert [word for word in must.lower().split() if word not in folded] == [], understood
    assert [word for word in must_not.lower().split() if word in folded] == [], understood


@pytest.mark.parametrize(("history", "question"), UNCHANGED, ids=_ids(UNCHANGED))  # type: ignore[arg-type]
def test_a_question_that_stands_alone_is_left_as_it_is(history: History, question: str) -> None:
    assert understand(question, history).question == question
    assert understand(question, history).topics == ()


def test_topics_are_the_titles_that_the_assistant_cited() -> None:
    found = understand("Which of the two is faster?", COMPARED)
    assert [topic.partition(":")[0] for topic in found.topics] == ["ExpertFlow", "MoE-Lens"]
    assert found.topics[0].endswith("Mixture-of-Experts Inference")


def test_a_name_that_the_library_knows_is_a_name_in_any_case() -> None:
    assert standalone("and curator?", FLEXLLM_QUOTED) == "and curator?"
    understood = standalone("and curator?", FLEXLLM_QUOTED, known={"curator"})
    assert understood == "How does curator save memory?"


def test_a_refusal_leaves_the_topic_with_the_question() -> None:
    closest = "The papers don't say. **LLMTune: Accelerate Database Knob Tuning with Large Language"
    history = (*FLEXLLM, REFUSED[0], ("assistant", f"{closest} Models** comes closest."))
    assert standalone("How fast is it?", history) == "How fast is LLMTune?"


def test_the_most_recent_topic_wins() -> None:
    history = (*SPLIT, *FLEXLLM, *NAS)
    assert "EEEA-Net" in standalone("How fast is it?", history)


def test_smalltalk_between_questions_changes_nothing() -> None:
    history = (*NAS, ("user", "thanks!"), ("assistant", "You're welcome."))
    assert standalone("and on ImageNet?", history) == standalone("and on ImageNet?", NAS)


def test_a_chain_of_ellipses_keeps_its_question() -> None:
    history = (*NAS, *_talk("and on ImageNet?", "23.8% [EEEA-Net]."))
    understood = standalone("and CIFAR-100?", history)
    assert "error" in understood and "CIFAR-100" in understood and "ImageNet" not in understood


@pytest.mark.parametrize("history", [FLEXLLM, SPLIT, THREE, NAS, SWITCH, COMPARED])
def test_the_questions_of_the_evaluation_stand_alone_in_any_conversation(history: History) -> None:
    questions = [
        q.question for q in load_questions() if q.kind != "followup" and split(q.id) == "dev"
    ]
    changed = {q: standalone(q, history) for q in questions if standalone(q, history) != q}
    assert changed == {}


@pytest.mark.parametrize(
    "history",
    [
        (("assistant", "Hello!"),),
        (("user", ""), ("assistant", "")),
        (("user", "a"), ("user", "b"), ("system", "c")),
        (("assistant", "**" * 500 + "[" * 500),),
        (("user", "thank you very much " * 500), ("assistant", "a " * 9000)),
        (("user", "it " * 5000), ("assistant", "[" + "x" * 5000 + "]")),
    ],
)
def test_odd_histories_do_no_harm(history: History) -> None:
    for question in (
        "",
        "it",
        "and the second one?",
        "why?",
        "?!",
        "the " * 300,
        "very much " * 39,
    ):
        assert isinstance(standalone(question, history), str)


def test_understanding_takes_no_time_to_speak_of() -> None:
    history = (*FLEXLLM, *SPLIT, *THREE, *NAS)
    standalone("warm", history)
    started = time.thread_time()
    for _ in range(20):
        standalone("how much faster is it on ImageNet?", history)
    assert (time.thread_time() - started) / 20 < 0.02  # seconds of work; about 0.001
