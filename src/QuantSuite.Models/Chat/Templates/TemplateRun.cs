using System.Text;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>
/// One rendering: the output so far, the line, and the budget that bounds it whatever the template says: steps and characters made, in proportion to the
/// input.
/// </summary>
internal sealed class TemplateRun(DateTime clock, long inputLength)
{
    private const long MostWork = 10_000_000, MostWorkPerCharacter = 50;
    private const int MostOutput = 32 << 20;
    private const int MostCalls = 200;

    private readonly long most = MostWork + MostWorkPerCharacter * inputLength;
    private long work;
    private int calls;
    private StringBuilder output = new();

    /// <summary>What <c>strftime_now</c> takes for now.</summary>
    public DateTime Clock => clock;

    /// <summary>The line of the template that runs.</summary>
    public int Line { get; set; }

    /// <summary>Text written so far.</summary>
    public string Text => output.ToString();

    /// <summary>Counts steps, or characters and items made; ends a rendering that takes too many.</summary>
    public void Spend(long amount)
    {
        work += amount;
        if (work > most)
            throw new TemplateFault($"the template takes more than {most} steps; refused");
    }

    /// <summary>A text that an operation made, counted.</summary>
    public string Made(string text, int more = 0)
    {
        Spend(text.Length + more);
        return text;
    }

    /// <summary>Items that an operation goes over, counted.</summary>
    public List<object?> Made(List<object?> items, int more = 0)
    {
        Spend(items.Count + more);
        return items;
    }

    /// <summary>Writes text.</summary>
    public void Write(string text)
    {
        Spend(text.Length);
        if (output.Length + text.Length > MostOutput)
            throw new TemplateFault($"the template writes more than {MostOutput} characters; refused");
        output.Append(text);
    }

    /// <summary>What some statements write, as a text of its own.</summary>
    public string Capture(Action body)
    {
        StringBuilder outer = output;
        output = new StringBuilder();
        try
        {
            body();
            return output.ToString();
        }
        finally
        {
            output = outer;
        }
    }

    /// <summary>Runs a call; too many within each other are refused.</summary>
    public T Nest<T>(Func<T> call)
    {
        if (++calls > MostCalls)
            throw new TemplateFault("maximum recursion depth exceeded");
        try
        {
            return call();
        }
        finally
        {
            calls--;
        }
    }
}

/// <summary>Names and values, with the names around them. Reading looks outwards; setting stays here.</summary>
internal sealed class TemplateScope(TemplateScope? outer)
{
    private readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);

    /// <summary>Sets a name here.</summary>
    public void Set(string name, object? value) => values[name] = value;

    /// <summary>The value of a name, here or further out; undefined where there is none.</summary>
    public object? Get(string name)
    {
        for (TemplateScope? scope = this; scope is not null; scope = scope.Outer)
            if (scope.values.TryGetValue(name, out object? value))
                return value;
        return TemplateUndefined.Name(name);
    }

    private TemplateScope? Outer { get; } = outer;
}
