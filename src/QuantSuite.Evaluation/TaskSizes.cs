using System.Globalization;

namespace QuantSuite.Evaluation;

/// <summary>How many items the tasks have with their files as published (windows of a text are counted by model). A test counts them where the files are.</summary>
public static class TaskSizes
{
    private const string Table = """
        abstain 200, advglue_mnli 121, advglue_mnli_mm 162, advglue_qnli 148, advglue_qqp 78, advglue_rte 81, advglue_sst2 148, arc_challenge 1172,
        arc_easy 2376, arithmetic 200, bbq 7300, bias 200, boolq 3270, cb 56, ceval_0shot 1346, ceval_5shot 1346, closedbook 200, commonsense 200,
        copa 100, dialogue 200, entailment 200, ethics 200, ethics_cm 3885, ethics_deontology 3596, ethics_justice 2704, ethics_virtue 4975,
        fewclue_chid 2002, fewclue_cluewsc 976, fewclue_csl 2838, fewclue_ocnli 2520, followbench 345, gsm8k 1319, gsm8k_cot 1319, hellaswag 10042,
        humaneval 164, ifeval 541, incontext 200, instruction 200, knowledge 200, lambada_openai 5153, lastword 200, longeval_200 50,
        longeval_400 50, longeval_600 50, lost_in_the_middle 2000, mmlu_0shot 14042, mmlu_5shot 14042, mmlu_calibration 14042, mt_bench 80,
        multidoc 200, multirc 4848, needle 100, ntrex_de_en 1997, ntrex_en_de 1997, ntrex_en_fr 1997, ntrex_en_zh 1997, ntrex_fr_en 1997,
        ntrex_zh_en 1997, openbookqa 500, piqa 1838, program 200, record 10000, retrieval 200, retrieval16 100, retrieval32 100, retrieval48 100,
        retrieval8 100, robustness 200, selfcheck 200, sentiment 200, sglue_rte 277, snli 9824, social_iqa 1954, stories 60, strategyqa 229,
        summary 200, tracking 200, translation 200, triviaqa 1000, triviaqa_fewshot_5shot 1000, truthful 200, truthfulqa_mc1 817, truthfulqa_mc2 817,
        wic 638, wikitext 62, winogrande 1267, wsc 104
        """;

    private static readonly Dictionary<string, int> Counts = Table.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(entry => entry.Split(' ')).ToDictionary(entry => entry[0], entry => int.Parse(entry[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>The number of a task's items, or null where it is not fixed.</summary>
    public static int? Find(string task) => Counts.TryGetValue(task, out int count) ? count : null;
}
