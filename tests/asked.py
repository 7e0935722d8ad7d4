"""Questions of every kind that the starter papers answer."""

ANSWERED = [
    "What does FlexLLM do?",
    "By how much does NanoFlow raise throughput?",
    "On how many GPUs did MegaScale train a 175B model?",
    "How much GPU memory does FlexLLM save?",
    "What are the three components of TriAdaptLoRA?",
    "Why is NAS evaluation hard?",
    "vAttention",
    "I need a paper on cold starts in serverless clouds",
    "I want a benchmark of generated code",
    "a paper on pruning",
    "Which papers are about mixture of experts?",
    "list papers that prune models",
    "papers on quantization",
    "Compare FlexLLM and NanoFlow",
    "How do DistServe and Splitwise differ?",
    "Wie viel schneller ist FastSwitch als vLLM?",
]
