namespace QuantSuite.Evaluation;

/// <summary>What is known of a task before its data is read.</summary>
/// <param name="Name">Lower case, as on the command line and in baselines: <c>arc_easy</c>.</param>
/// <param name="Ability">The ability that is measured, in one or two words: <c>knowledge</c>, <c>arithmetic</c>.</param>
/// <param name="Reference">The prompt and metric that the task equals, or the benchmark that it stands for, in words.</param>
/// <param name="Source">The file or folder of the items below a data folder, e.g. <c>hellaswag/hellaswag_val_full.txt.bz2</c>.</param>
/// <param name="Paper">Who published the benchmark: authors, year, arXiv number.</param>
/// <param name="Prefix">A token id put in front of every prompt, or null for what the model's tokenizer adds by itself.</param>
/// <param name="Besides">Files or folders that the task reads besides its source.</param>
/// <param name="Version">Other prompts or other scoring, other version.</param>
public sealed record TaskCard(string Name, string Ability, string Reference, string Source, string Paper = "", int? Prefix = null, int Version = 1,
    IReadOnlyList<string>? Besides = null);
