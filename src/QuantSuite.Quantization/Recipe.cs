using System.Globalization;
using System.Text.RegularExpressions;
using QuantSuite.Numerics;
using QuantSuite.Numerics.Formats;
using QuantSuite.Quantization.Calibration;
using QuantSuite.Quantization.Methods;

namespace QuantSuite.Quantization;

/// <summary>
/// A method and a scheme, with one text form that is parsed and printed: test names, traits, baseline paths, command line and report all speak it, and nothing else configures
/// quantization.
/// <code>
/// recipe = (full | [steps "-"] format {"-" option}) {override} ["-a" format] ["-kv" format {"-" cache}] ["-cal_" name]
/// full   = fp32 | bf16 | fp16          steps = method {"+" method}, the rounding one last; none given: rtn
/// format = int4, fp8_e4m3, mxfp4 …     after -a and -kv a bare number N is intN
/// option = gN | channel | tensor | sym | full | asym | tight | dq | the methods' own: mse, actorder, alpha0.75 …
/// after -a: tensor, one scale for all inputs, from calibration (static); none, each token's own (dynamic)
/// cache  = gN | tight | kivi[R]
/// override = "[" pattern "=" format "]"     parts of a linear's name: [down_proj=int8], [layers.0=fp16]
/// </code>
/// A checkpoint that came quantized: <c>file-</c> and its own scheme, such as <c>file-gptq-int4-g128</c>, with ["-kv" format {"-" cache}]; <c>file</c> alone stands for whatever
/// scheme the checkpoint has (<see cref="For"/>).
/// Defaults, left out when printed: one scale a channel, or a block of the size that the format defines (MX, NVFP4); int8 symmetric, narrower integers and binary asymmetric.
/// The cache is rounded per token and head, or gN neighbours of it, asymmetric, keys after RoPE; tight is the grid of "Evaluating Quantized LLMs" (2402.18158), whose range need not hold 0.
/// kivi rounds keys per channel over groups of gN tokens (32) and leaves the newest R tokens (128, or kiviR) in float32: <see cref="KiviCache"/>.
/// sym uses the codes ±(2ᵇ⁻¹−1), full all of them; asym widens the range to hold 0, tight does not. dq: codebook formats with doubly quantized scales. docs/formats.md has the formulae.
/// </summary>
public sealed partial record Recipe
{
    /// <summary>The method of recipes that take a checkpoint's own codes.</summary>
    public const string FileWord = "file";

    /// <summary>Stands in <see cref="Filed"/> for whatever scheme the checkpoint has.</summary>
    public const string AnyFiled = "";

    private Recipe(IReadOnlyList<QuantizationMethod> steps, QuantScheme scheme, IReadOnlyList<FormatOverride> overrides, string? calibration)
    {
        Steps = steps;
        Scheme = scheme;
        Overrides = overrides;
        Calibration = calibration;
    }

    /// <summary>The methods in order, the rounding one last; empty for full precision.</summary>
    public IReadOnlyList<QuantizationMethod> Steps { get; }

    /// <summary>Formats, granularity, symmetry.</summary>
    public QuantScheme Scheme { get; }

    /// <summary>Linears with a format of their own; where several name one linear, the last counts.</summary>
    public IReadOnlyList<FormatOverride> Overrides { get; }

    /// <summary>The calibration text that the recipe names, or null for the default one.</summary>
    public string? Calibration { get; }

    /// <summary>Whether all weights keep a floating-point format.</summary>
    public bool IsFullPrecision => Filed is null && Scheme.Weights.IsFullPrecision && Overrides.Count == 0;

    /// <summary>Whether a method of the recipe reads calibration text.</summary>
    public bool NeedsCalibration => Needs != CalibrationNeeds.None;

    /// <summary>What the methods, and static activations, have to know of the inputs.</summary>
    public CalibrationNeeds Needs => Steps.Aggregate(Scheme.ActivationGranularity == Granularity.Tensor ? CalibrationNeeds.Magnitudes : CalibrationNeeds.None, (all, step) => all | step.Needs);

    /// <summary>The scheme of the checkpoint, which is evaluated as it is (<c>gptq-int4-g128</c>; <see cref="AnyFiled"/> for whatever it has); null for all other recipes.</summary>
    public string? Filed { get; private init; }

    /// <summary>The methods' names joined by +, <c>none</c>, or <c>file</c>: the trait Method.</summary>
    public string Method => Filed is not null ? FileWord : Steps.Count == 0 ? "none" : string.Join("+", Steps.Select(step => step.Name));

    /// <summary>Format and options of the weights, e.g. <c>int4-g32</c>: the trait Weights.</summary>
    public string WeightsText => Filed ?? string.Join("-", WeightParts());

    /// <summary>Bits of a weight's code: the trait Bits.</summary>
    public int Bits => Filed is null ? Scheme.Weights.Bits : FiledBits(Filed);

    /// <summary>Format of the linears' inputs, <c>fp32</c> or e.g. <c>int8</c>: the trait Activations.</summary>
    public string ActivationsText => Filed is not null && FiledActivations().Match(Filed) is { Success: true } match ? Name(match.Groups[1].Value) : Scheme.Activations?.Name ?? "fp32";

    /// <summary>Format of the KV cache, <c>fp32</c> or e.g. <c>int4</c>: the trait KvCache.</summary>
    public string KvCacheText => Scheme.KeyValueCache is not { } format ? "fp32" : string.Join("-", [format.Name, .. CacheParts()]);

    /// <summary>Reads a recipe's text.</summary>
    /// <exception cref="RecipeException">The text is no recipe; the message says what was expected, and what was probably meant.</exception>
    public static Recipe Parse(string text) => new Parser(text).Parse();

    /// <summary>Whether <see cref="For"/> takes this scheme.</summary>
    public bool AppliesTo(string? scheme) => Filed is null || (scheme is not null && (Filed == AnyFiled || AnyPrecision.Serves(scheme, Filed))) || Filed == scheme;

    /// <summary>The recipe as it applies to a model: <c>file</c> becomes the model's own scheme.</summary>
    /// <param name="scheme">The scheme of a checkpoint that came quantized, or null.</param>
    /// <exception cref="RecipeException">Codes of a file that has none or others.</exception>
    public Recipe For(string? scheme)
    {
        if (Filed is null)
            return this;
        if (scheme is null)
            throw new RecipeException($"recipe '{this}': the checkpoint is not quantized; expected one that is, or a recipe that rounds, such as rtn-int4-g128.");
        return Filed == AnyFiled || Filed == scheme ? this with { Filed = scheme } : AnyPrecision.Serves(scheme, Filed) ? this
            : throw new RecipeException($"recipe '{this}': the checkpoint is {FileWord}-{scheme}; expected '{FileWord}', which stands for that.");
    }

    /// <summary>The canonical text.</summary>
    public override string ToString()
    {
        List<string> parts = Filed switch { null => [.. WeightParts(), .. Steps.SelectMany(step => step.Options)], AnyFiled => [FileWord], _ => [FileWord, Filed] };
        parts[^1] += string.Concat(Overrides);
        if (Steps.Count > 0 && !Scheme.Weights.IsFullPrecision)
            parts.Insert(0, Method);
        if (Scheme.Activations is { } activations && Filed is null)
            parts.Add((activations is IntegerFormat ? $"a{activations.Bits}" : $"a{activations.Name}") + (Scheme.ActivationGranularity == Granularity.Tensor ? "-tensor" : ""));
        if (Scheme.KeyValueCache is { } cache)
            parts.AddRange([$"kv{cache.Bits}", .. CacheParts()]);
        if (Calibration is not null)
            parts.Add($"cal_{Calibration}");
        return string.Join("-", parts);
    }

    /// <summary>KIVI's rule for a model of so many layers, or null where the cache is rounded per token.</summary>
    public KiviCache? KiviFor(int layerCount) => Scheme.KeyValueResidual is { } residual
        ? new KiviCache(residual, Scheme.KeyValueGroup == 0 ? KiviCache.DefaultGroupSize : Scheme.KeyValueGroup, layerCount) : null;

    /// <summary>The scheme of one linear.</summary>
    /// <param name="name">The tensor's name without <c>.weight</c>.</param>
    public QuantScheme SchemeOf(string name) =>
        Overrides.LastOrDefault(other => other.Matches(name)) is not { Format: var format } ? Scheme
            : Scheme with
            {
                Weights = format,
                Granularity = Scheme.Granularity == Scheme.Weights.DefaultGranularity ? format.DefaultGranularity : Scheme.Granularity,
                Symmetric = IsSymmetricByDefault(format),
                Activations = format.IsFullPrecision || (Scheme.Activations is IntegerFormat && format is not IntegerFormat) ? null : Scheme.Activations,
            };

    /// <summary>Recipes are equal when their texts are.</summary>
    public bool Equals(Recipe? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(ToString(), StringComparison.Ordinal);

    /// <summary>In a scheme of a file the first number after a letter of its format: 4 of <c>gptq-int4-g128</c>, <c>gguf_q4_k</c> and <c>bnb_nf4</c>.</summary>
    private static int FiledBits(string scheme) => FormatBits().Match(scheme) is { Success: true } match ? match.Groups[1].Value[0] - '0' : 0;

    private static string Name(string format) => char.IsAsciiDigit(format[0]) ? $"int{format}" : format;

    [GeneratedRegex("-a([0-9]+|[a-z]+[0-9][a-z0-9_]*)$")]
    private static partial Regex FiledActivations();

    [GeneratedRegex("(?:int|fp|nf|q|mxfp|mxint|nvfp)([1-8])")]
    private static partial Regex FormatBits();

    [GeneratedRegex("^(?:-(?!kv)(.+?))?(?:-(kv[^-]+(?:-(?:g[0-9]+|tight|kivi[0-9]*))*))?$")]
    private static partial Regex FiledParts();

    private static bool IsSymmetricByDefault(NumericFormat format) => format is not BinaryFormat && (format is not IntegerFormat || format.Bits >= 8);

    // Left out of the text: a channel's scale, and blocks that belong to the format's definition.
    private static bool IsImplied(Granularity granularity, NumericFormat format) =>
        granularity == format.DefaultGranularity && (granularity == Granularity.Channel || format.Scales is ScaleFormat.E8M0 or ScaleFormat.E4M3);

    private IEnumerable<string> CacheParts()
    {
        if (Scheme.KeyValueGroup != 0)
            yield return $"g{Scheme.KeyValueGroup}";
        if (Scheme.KeyValueCache?.Range == IntegerRange.Tight)
            yield return "tight";
        if (Scheme.KeyValueResidual is { } residual)
            yield return residual == KiviCache.DefaultResidual ? "kivi" : $"kivi{residual}";
    }

    private IEnumerable<string> WeightParts()
    {
        yield return Scheme.Weights.Name;
        if (Scheme.Weights.IsFullPrecision && Overrides.Count == 0)
            yield break;
        if (!IsImplied(Scheme.Granularity, Scheme.Weights))
            yield return Scheme.Granularity.ToString();
        if (Scheme.Weights is IntegerFormat { Range: not IntegerRange.Standard } integers)
            yield return integers.Range.ToString().ToLowerInvariant();
        else if (Scheme.Symmetric != IsSymmetricByDefault(Scheme.Weights))
            yield return Scheme.Symmetric ? "sym" : "asym";
        if (Scheme.Weights.Scales == ScaleFormat.Nested)
            yield return "dq";
    }

    [GeneratedRegex(@"\[([\w.*]+)=([^\]]*)\]")]
    private static partial Regex OverrideText();

    private sealed class Parser(string text)
    {
        private readonly Queue<string> parts = new(OverrideText().Replace(text, "").Split('-'));
        private readonly bool hasOverrides = OverrideText().IsMatch(text);
        private string? calibration;

        public Recipe Parse()
        {
            if (text.Length == 0 || text.Length > 200)
                throw Error($"a recipe of {text.Length} characters", "1 to 200, such as rtn-int4-g128");
            if (parts.Peek() == FileWord)
                return ParseFiled();
            List<QuantizationMethod> steps = [];
            if (NumericFormats.Find(parts.Peek()) is null)
                steps = ParseSteps(parts.Dequeue());
            NumericFormat weights = ParseFormat();
            if (weights.IsFullPrecision && steps.Count > 0)
                throw Error($"'{steps[^1].Name}' with {weights.Name}", "a format that a method rounds to, or the format alone");
            List<FormatOverride> overrides = ParseOverrides();
            if ((!weights.IsFullPrecision || overrides.Count > 0) && steps.Count == 0)
                steps.Add(QuantizationMethods.Default);
            var scheme = new QuantScheme { Weights = weights, Granularity = weights.DefaultGranularity, Symmetric = IsSymmetricByDefault(weights) };
            var seen = new HashSet<string>();
            while (parts.TryDequeue(out string? part))
                if (!TakenByMethod(part, steps, seen) && !TakenAsCalibration(part, seen))
                    scheme = ParseOption(part, scheme, seen);
            if (scheme.Activations is IntegerFormat && weights is not IntegerFormat)
                throw Error($"activations of {scheme.Activations.Name} with weights of {weights.Name}", "integer weights, such as rtn-int8-a8");
            if (scheme.Activations is not null && weights.IsFullPrecision)
                throw Error($"activations of {scheme.Activations.Name} with weights of {weights.Name}", "quantized weights, such as rtn-fp8_e4m3-afp8_e4m3");
            foreach (NumericFormat format in overrides.Select(other => other.Format).Prepend(weights).Where(format => !format.IsFullPrecision))
                if (steps[^1].Refusal(scheme with { Weights = format }) is { } expected)
                    throw Error($"'{steps[^1].Name}' with {format.Name} and these options", expected);
            return new Recipe(steps, scheme, overrides, calibration);
        }

        private bool TakenByMethod(string part, List<QuantizationMethod> steps, HashSet<string> seen)
        {
            for (int i = 0; i < steps.Count; i++)
                if (steps[i].With(part) is { } configured)
                {
                    steps[i] = configured;
                    return seen.Add($"option {part.TrimEnd('.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9')}") ? true : throw Error($"the option '{part}' given twice", "each option once");
                }
            return false;
        }

        private bool TakenAsCalibration(string part, HashSet<string> seen)
        {
            if (!part.StartsWith("cal_", StringComparison.Ordinal) || part.Length == 4)
                return false;
            calibration = part[4..];
            return seen.Add("calibration") ? true : throw Error("the calibration given twice", "one text");
        }

        private List<FormatOverride> ParseOverrides()
        {
            var overrides = new List<FormatOverride>();
            foreach (Match match in OverrideText().Matches(text))
                overrides.Add(new FormatOverride(match.Groups[1].Value,
                    NumericFormats.Find(match.Groups[2].Value) ?? throw Unknown("format", match.Groups[2].Value, [.. NumericFormats.All.Select(format => format.Name)])));
            return overrides;
        }

        // file[-scheme][-kv…]: the scheme is the checkpoint's word, the cache this recipe's.
        private Recipe ParseFiled()
        {
            Match match = FiledParts().Match(text[FileWord.Length..]);
            var scheme = new QuantScheme { Weights = NumericFormats.Fp32 };
            var seen = new HashSet<string>();
            if (match.Groups[2].Success)
                foreach (string part in match.Groups[2].Value.Split('-'))
                    scheme = ParseOption(part, scheme, seen);
            string name = match.Groups[1].Value;
            if (!match.Success || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || "-_.+[]=*".Contains(letter)))
                throw Error($"the scheme '{name}'", "a checkpoint's own, such as gptq-int4-g128, or file alone");
            return new Recipe([], scheme, [], null) { Filed = name };
        }

        private List<QuantizationMethod> ParseSteps(string names)
        {
            var steps = new List<QuantizationMethod>();
            foreach (string name in names.Split('+'))
                steps.Add(QuantizationMethods.Find(name) ?? throw Unknown("method", name,
                    [.. QuantizationMethods.All.Select(method => method.Name), .. NumericFormats.All.Select(format => format.Name)]));
            return steps;
        }

        private NumericFormat ParseFormat()
        {
            if (!parts.TryDequeue(out string? name))
                throw Error("no format of the weights", "one of " + string.Join(", ", NumericFormats.All));
            return NumericFormats.Find(name) ?? throw Unknown("format", name, [.. NumericFormats.All.Select(format => format.Name)]);
        }

        private QuantScheme ParseOption(string part, QuantScheme scheme, HashSet<string> seen)
        {
            bool afterCache = scheme.KeyValueCache is not null;
            (string kind, QuantScheme next) = part switch
            {
                "tensor" when !afterCache && scheme.Activations is IntegerFormat => ("granularity of the activations", scheme with { ActivationGranularity = Granularity.Tensor }),
                "channel" or "tensor" when !afterCache && !scheme.Weights.IsFullPrecision =>
                    ("granularity", scheme with { Granularity = part == "channel" ? Granularity.Channel : Granularity.Tensor }),
                "sym" or "asym" when !afterCache && scheme.Weights is BinaryFormat => ("symmetry", scheme with { Symmetric = part == "sym" }),
                "sym" or "asym" or "full" or "tight" when !afterCache && scheme.Weights is IntegerFormat integers =>
                    ("symmetry", scheme with { Symmetric = part is "sym" or "full", Weights = new IntegerFormat(integers.Bits, RangeOf(part)) }),
                "dq" when !afterCache && scheme.Weights is CodebookFormat codebook => ("double quantization", scheme with { Weights = codebook.WithNestedScales() }),
                ['g', .. var size] when Number(size) is { } group && group > 0 && (afterCache || !scheme.Weights.IsFullPrecision || hasOverrides) =>
                    afterCache ? ("cache group", scheme with { KeyValueGroup = group }) : ("granularity", scheme with { Granularity = Granularity.Group(group) }),
                "tight" when scheme is { KeyValueCache: { } cache, KeyValueResidual: null } => ("cache range", scheme with { KeyValueCache = new IntegerFormat(cache.Bits, IntegerRange.Tight) }),
                ['k', 'i', 'v', 'i', .. var residual] when scheme.KeyValueCache is { Range: IntegerRange.Standard } && (residual.Length == 0 || Number(residual) is not null) =>
                    ("cache layout", scheme with { KeyValueResidual = Number(residual) ?? KiviCache.DefaultResidual }),
                ['k', 'v', .. var format] when IntegerOf(format) is { } cache => ("cache", scheme with { KeyValueCache = cache }),
                ['a', .. var format] when !afterCache && FormatOf(format) is { IsFullPrecision: false } activations => ("activations", scheme with { Activations = activations }),
                _ => throw Unknown("option", part, [.. QuantizationMethods.All.SelectMany(method => method.KnownOptions),
                    "channel", "tensor", "sym", "full", "asym", "tight", "dq", "g32", "g64", "g128", "a8", "afp8_e4m3", "kv8", "kv4", "kivi"]),
            };
            if (!seen.Add(kind))
                throw Error($"the {kind} given twice ('{part}')", "each option once");
            return next;
        }

        private static int? Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

        private static NumericFormat? FormatOf(string name) => NumericFormats.Find(Number(name) is { } bits ? $"int{bits}" : name);

        private static IntegerFormat? IntegerOf(string name) => FormatOf(name) as IntegerFormat;

        private static IntegerRange RangeOf(string option) => option switch
        {
            "full" => IntegerRange.Full,
            "tight" => IntegerRange.Tight,
            _ => IntegerRange.Standard,
        };

        private RecipeException Unknown(string what, string name, IReadOnlyList<string> known)
        {
            string nearest = known.MinBy(candidate => EditDistance(name, candidate))!;
            string guess = EditDistance(name, nearest) <= Math.Max(1, name.Length / 3) ? $": did you mean {nearest}?" : $"; there are: {string.Join(", ", known)}.";
            return new RecipeException($"recipe '{text}': unknown {what} '{name}'{guess}");
        }

        private RecipeException Error(string got, string expected) => new($"recipe '{text}': {got}; expected {expected}.");

        private static int EditDistance(string a, string b)
        {
            int[] row = [.. Enumerable.Range(0, b.Length + 1)];
            for (int i = 1; i <= a.Length; i++)
            {
                int diagonal = row[0];
                row[0] = i;
                for (int j = 1; j <= b.Length; j++)
                    (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
            return row[^1];
        }
    }
}

/// <summary>A text that is no recipe.</summary>
public sealed class RecipeException(string message) : Exception(message);
