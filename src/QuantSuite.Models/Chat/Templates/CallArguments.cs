namespace QuantSuite.Models.Chat.Templates;

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">In order.</param>
/// <param name="Named">By keyword.</param>
internal sealed record CallArguments(List<object?> Positional, List<(string Name, object? Value)> Named)
{
    /// <summary>No arguments.</summary>
    public static CallArguments None { get; } = new([], []);

    /// <summary>Positional arguments only.</summary>
    public static CallArguments Of(params object?[] values) => new([.. values], []);
}

/// <summary>
/// The parameters of a built-in: names, a question mark after those that may be left out, a star for any number at the end (<c>"value, chars?"</c>,
/// <c>"value, name, *"</c>).
/// </summary>
internal sealed class Signature
{
    private readonly string[] names;
    private readonly int required;
    private readonly bool variadic;

    public Signature(string parameters)
    {
        string[] parts = parameters.Length == 0 ? [] : parameters.Split(", ");
        variadic = parts is [.., "*"];
        required = parts.Count(part => !part.EndsWith('?') && part != "*");
        names = parts.Where(part => part != "*").Select(part => part.TrimEnd('?')).ToArray();
    }

    /// <summary>The arguments by place.</summary>
    /// <exception cref="TemplateFault">Too many, too few, or a keyword that is none.</exception>
    public BoundArguments Bind(string function, CallArguments arguments)
    {
        var values = new object?[names.Length];
        var given = new bool[names.Length];
        if (arguments.Positional.Count > names.Length && !variadic)
            throw new TemplateFault($"{function}() takes {names.Length} positional arguments but {arguments.Positional.Count} were given");
        for (int i = 0; i < Math.Min(arguments.Positional.Count, names.Length); i++)
            (values[i], given[i]) = (arguments.Positional[i], true);
        var others = new List<(string, object?)>();
        foreach ((string name, object? value) in arguments.Named)
        {
            int place = Array.IndexOf(names, name);
            if (place >= 0 && !given[place])
                (values[place], given[place]) = (value, true);
            else if (place < 0 && variadic)
                others.Add((name, value));
            else
                throw new TemplateFault(place < 0 ? $"{function}() got an unexpected keyword argument '{name}'"
                    : $"{function}() got multiple values for argument '{name}'");
        }
        int missing = Array.FindIndex(given, 0, required, isGiven => !isGiven);
        if (missing >= 0)
            throw new TemplateFault($"{function}() missing 1 required positional argument: '{names[missing]}'");
        return new BoundArguments(function, values, given, arguments.Positional.Skip(names.Length).ToList(), others);
    }
}

/// <summary>Arguments by place, with what a variadic function gets besides.</summary>
internal sealed record BoundArguments(string Function, object?[] Values, bool[] Given, List<object?> Rest, List<(string Name, object? Value)> Others)
{
    /// <summary>The argument at a place, null where left out.</summary>
    public object? this[int place] => Values[place];

    /// <summary>Whether the argument was given.</summary>
    public bool Has(int place) => Given[place];

    /// <summary>A text that must be one.</summary>
    public string Text(int place) => Values[place] as string
        ?? throw new TemplateFault($"{Function}() argument {place + 1} must be str, not {TypeNames.Of(Values[place])}");

    /// <summary>A whole number, or the default.</summary>
    public int Integer(int place, int fallback = 0) => !Given[place] || Values[place] is null ? fallback : PythonNumber.Index(Values[place]);

    /// <summary>Truth, or the default.</summary>
    public bool Flag(int place, bool fallback = false) => Given[place] ? PythonOperators.IsTrue(Values[place]) : fallback;
}
