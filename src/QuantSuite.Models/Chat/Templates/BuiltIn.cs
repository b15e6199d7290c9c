namespace QuantSuite.Models.Chat.Templates;

/// <summary>A function, filter or test that is always there.</summary>
internal sealed class BuiltIn(string name, string parameters, Func<TemplateRun, BoundArguments, object?> body)
{
    private readonly Signature signature = new(parameters);

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Calls it.</summary>
    public object? Call(TemplateRun run, CallArguments arguments) => body(run, signature.Bind(name, arguments));

    /// <summary>A function value.</summary>
    public static TemplateFunction Function(string name, string parameters, Func<TemplateRun, BoundArguments, object?> body) =>
        new(name, new BuiltIn(name, parameters, body).Call);
}
