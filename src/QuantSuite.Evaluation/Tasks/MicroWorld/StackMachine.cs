using System.Globalization;

namespace QuantSuite.Evaluation.Tasks.MicroWorld;

/// <summary>MicroWorld's stack machine: <c>push n</c>, <c>add</c>, <c>sub</c>, <c>mul</c>, <c>print</c>, words divided by white space.</summary>
public static class StackMachine
{
    /// <summary>What a program prints, or null where it fails: an unknown word, an empty stack, an overflow, no <c>print</c> or more than one.</summary>
    public static long? Run(string program)
    {
        var stack = new Stack<long>();
        long? printed = null;
        IReadOnlyList<string> words = PythonText.Split(program);
        for (int i = 0; i < words.Count; i++)
        {
            bool fine = words[i] switch
            {
                "push" => ++i < words.Count && Push(stack, words[i]),
                "print" => printed is null && stack.TryPop(out long top) && (printed = top) is not null,
                _ => Operate(stack, words[i]),
            };
            if (!fine)
                return null;
        }
        return printed;
    }

    private static bool Push(Stack<long> stack, string word)
    {
        bool fine = long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number);
        stack.Push(number);
        return fine;
    }

    private static bool Operate(Stack<long> stack, string operation)
    {
        if (!stack.TryPop(out long right) || !stack.TryPop(out long left))
            return false;
        Int128? result = operation switch { "add" => (Int128)left + right, "sub" => (Int128)left - right, "mul" => (Int128)left * right, _ => null };
        if (result is not { } value || value < long.MinValue || value > long.MaxValue)
            return false;
        stack.Push((long)value);
        return true;
    }
}
