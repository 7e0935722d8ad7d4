"""Questions in German, French, Spanish, Italian, Portuguese or Chinese, word by word into English.

Not a translation: names and figures carry a question about papers, and a small glossary carries
the rest. The papers' texts are taken to be English.
"""

from __future__ import annotations

import re
from functools import cache

# word:English; an empty English word drops it.
_GLOSSARY = {
    "de": """
wie:how viele:many viel:much wieviele:how_many wieviel:how_much was:what welche:which welcher:which
welches:which welchen:which wer:who warum:why wieso:why wann:when wo:where ist:is sind:are war:was
wird:is werden:are wurde:was wurden:were kann:can können:can lässt: lassen: sich: hat:has haben:have
der:the die:the das:the den:the dem:the des:the ein:a eine:a einen:a einem:a einer:a und:and oder:or
nicht:not kein:no keine:no mit:with ohne:without für:for von:of vom:of bei:for im:in in:in auf:on
aus:from zu:to zum:to zur:to laut:according_to durch:by nach:after über:about unter:under als:than
es:it er:it sie:it man: mehr:more weniger:less schneller:faster langsamer:slower besser:better
schlechter:worse größer:larger kleiner:smaller günstiger:cheaper billiger:cheaper
zusätzliche:additional zusätzlich:additional server:servers rechner:servers speicher:memory
arbeitsspeicher:memory modell:model modelle:models sprachmodelle:language_models daten:data
datensatz:dataset genauigkeit:accuracy geschwindigkeit:speed durchsatz:throughput latenz:latency
kosten:cost strom:power energie:energy leistung:performance training:training ergebnis:result
ergebnisse:results verfahren:method methode:method ansatz:approach fehler:error schritte:steps
stufen:stages zeilen:lines aufgaben:tasks sprachen:languages papiere:papers arbeit:paper
arbeiten:papers selben:same gleichen:same unterbringen:deploy einsetzen:deploy spart:saves
sparen:save reduziert:reduces erreicht:achieves verbessert:improves funktioniert:works prozent:percent
gibt:is_there welchem:which beim:for am:at anteil:share bild:image bilder:images""",
    "fr": """
combien:how_many comment:how quel:which quelle:which quels:which quelles:which qui:who que:what
quoi:what pourquoi:why quand:when où:where est:is sont:are le:the la:the les:the l: un:a une:a des:of
de:of du:of d: et:and ou:or pas:not ne: n: avec:with sans:without pour:for par:by dans:in sur:on en:in
au:to aux:to à:to ce:this cette:this ces:these il:it elle:it on: se: s: faut:need a:has ont:have peut:can
plus:more moins:less rapide:fast vite:fast lent:slow meilleur:better lignes:lines ligne:line
mémoire:memory modèle:model modèles:models données:data jeu:set précision:accuracy vitesse:speed
débit:throughput latence:latency coût:cost énergie:energy puissance:power entraînement:training
résultat:result résultats:results méthode:method approche:approach erreur:error étapes:steps
tâches:tasks langues:languages article:paper articles:papers serveurs:servers cartes:gpus
fois:times besoin:need quelles:which utilise:uses utilisent:use économise:saves réduit:reduces
atteint:achieves améliore:improves fonctionne:works selon:according_to image:image images:images""",
    "es": """
cuánto:how_much cuánta:how_much cuántos:how_many cuántas:how_many cómo:how qué:what cuál:which
cuáles:which quién:who por:for cuándo:when dónde:where es:is son:are el:the la:the los:the las:the
un:a una:a unos:some unas:some de:of del:of y:and o:or no:not con:with sin:without para:for en:in
al:to a:to se: lo:it su:its sus:its este:this esta:this ese:that más:more menos:less rápido:fast
rápida:fast mejor:better peor:worse memoria:memory modelo:model modelos:models datos:data
precisión:accuracy velocidad:speed rendimiento:throughput latencia:latency coste:cost costo:cost
energía:energy entrenamiento:training resultado:result resultados:results método:method
enfoque:approach error:error pasos:steps tareas:tasks idiomas:languages artículo:paper
artículos:papers servidores:servers tarjetas:gpus veces:times necesita:needs usa:uses usan:use
ahorra:saves reduce:reduces logra:achieves mejora:improves funciona:works según:according_to
líneas:lines imagen:image imágenes:images hay:is_there""",
    "it": """
quanto:how_much quanta:how_much quanti:how_many quante:how_many come:how che:what cosa:what quale:which
quali:which chi:who perché:why quando:when dove:where è:is sono:are il:the lo:the la:the i:the gli:the
le:the un:a uno:a una:a di:of del:of della:of dei:of delle:of e:and o:or non:not con:with senza:without
per:for in:in su:on al:to alla:to da:from si: ci: suo:its sua:its questo:this questa:this più:more
meno:less veloce:fast lento:slow migliore:better peggiore:worse memoria:memory modello:model
modelli:models dati:data precisione:accuracy velocità:speed latenza:latency costo:cost
energia:energy addestramento:training risultato:result risultati:results metodo:method
approccio:approach errore:error passi:steps compiti:tasks lingue:languages articolo:paper
articoli:papers server:servers schede:gpus volte:times serve:needs usa:uses risparmia:saves
riduce:reduces raggiunge:achieves migliora:improves funziona:works secondo:according_to righe:lines
immagine:image immagini:images""",
    "pt": """
quanto:how_much quanta:how_much quantos:how_many quantas:how_many como:how que:what qual:which
quais:which quem:who quando:when onde:where é:is são:are o:the a:the os:the as:the um:a uma:a de:of
do:of da:of dos:of das:of e:and ou:or não:not com:with sem:without para:for em:in no:in na:in por:by
ao:to se: seu:its sua:its este:this esta:this mais:more menos:less rápido:fast melhor:better
memória:memory modelo:model modelos:models dados:data precisão:accuracy velocidade:speed
latência:latency custo:cost energia:energy treinamento:training treino:training resultado:result
resultados:results método:method abordagem:approach erro:error passos:steps tarefas:tasks
artigo:paper artigos:papers servidores:servers placas:gpus vezes:times precisa:needs usa:uses
economiza:saves reduz:reduces alcança:achieves melhora:improves funciona:works segundo:according_to
linhas:lines imagem:image imagens:images""",
}  # fmt: skip
_CHINESE = {
    "多少": "how many", "几个": "how many", "几种": "how many", "什么": "what", "哪些": "which",
    "哪个": "which", "哪种": "which", "如何": "how", "怎么": "how", "为什么": "why", "是否": "is",
    "内存": "memory", "显存": "GPU memory", "模型": "model", "数据集": "dataset", "数据": "data",
    "准确率": "accuracy", "速度": "speed", "吞吐量": "throughput", "延迟": "latency", "成本": "cost",
    "能耗": "energy", "功耗": "power", "训练": "training", "推理": "inference", "方法": "method",
    "论文": "paper", "结果": "result", "提升": "improve", "提高": "improve", "减少": "reduce",
    "降低": "reduce", "节省": "save", "加速": "speedup", "倍": "times", "最大": "maximum",
    "最高": "highest", "支持": "support", "使用": "use", "需要": "need", "服务器": "servers",
    "显卡": "GPU", "参数": "parameters", "任务": "tasks", "语言": "language", "图像": "image",
    "比": "than", "快": "faster", "长度": "length", "上下文": "context", "大小": "size", "步骤": "steps",
}  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?=['’])|[^\W_]+(?:[-.+^][^\W_]+)*")
_ENGLISH = frozenset(
    "the of and to is are what which how does do did with for that this by it many much why who when"
    " can was were there between than from or not any has have an be i you we".split()
)


# Words of other languages that are English words, too.
_BOTH = frozenset(
    "a on in die server article articles image images des me do as per come no an e i o la le de is"
    " la training test model system error method mode base force plus moins part point art hat war"
    " also so man fast gut not was".split()
)


@cache
def _glossaries() -> dict[str, dict[str, str]]:
    return {
        language: {
            word: english.replace("_", " ")
            for word, english in (entry.split(":") for entry in table.split())
        }
        for language, table in _GLOSSARY.items()
    }


def in_english(question: str) -> str:
    """``question`` with its foreign words in English, as far as they are known; English as it is."""
    if _HAN.search(question):
        return _from_chinese(question)
    found = [match.group() for match in _WORD.finditer(question)]
    lowered = [word.lower() for word in found]
    distinct = set(lowered) - _ENGLISH - _BOTH
    known = {
        language: sum(word in table for word in distinct)
        for language, table in _glossaries().items()
    }
    language = max(known, key=lambda name: known[name])
    english = sum(word in _ENGLISH for word in lowered)
    # "die" and "a" are words of several languages: it takes more than English has, and a third.
    if known[language] < 2 or known[language] <= english + 1 or 3 * known[language] < len(found):
        return question
    table = _glossaries()[language]
    said = (table.get(word.lower(), word) if not _is_name(word) else word for word in found)
    return " ".join(word for word in said if word) + "?"


def _is_name(word: str) -> bool:
    return any(char.isupper() for char in word[1:]) or any(char.isdigit() for char in word)


def _from_chinese(question: str) -> str:
    for word in sorted(_CHINESE, key=len, reverse=True):
        question = question.replace(word, f" {_CHINESE[word]} ")
    return (
        " ".join(
            re.sub(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+", " ", question)
            .rstrip(" ?")
            .split()
        )
        + "?"
    )
