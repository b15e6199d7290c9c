using System.Globalization;
using System.Text;

namespace QuantSuite.Evaluation;

/// <summary>
/// A name as one component of a path, and back. Letters, digits and <c>- _ . + = , ~ @ [ ] ( )</c> stay as they are, which keeps every
/// recipe readable; the rest, and what Windows forbids (a dot or space at the end, device names such as <c>con</c>), becomes <c>%XX</c> by UTF-8 byte.
/// Two names that differ only in case share a file where the file system does not tell them apart; readers notice, because a file says whose it is.
/// </summary>
public static class PathName
{
    private const string Kept = "-_.+=,~@[]()";
    private const int MaxBytes = 200;
    private static readonly string[] Devices = ["con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
        "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"];

    /// <summary>The path component of a name.</summary>
    /// <exception cref="ArgumentException">The name is empty, or longer than file systems allow.</exception>
    public static string Encode(string name)
    {
        if (name.Length == 0)
            throw new ArgumentException("A name is empty where a model, task or recipe is expected.");
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        bool device = Devices.Contains(name.Split('.')[0], StringComparer.OrdinalIgnoreCase);
        var text = new StringBuilder();
        for (int i = 0; i < bytes.Length; i++)
        {
            char c = (char)bytes[i];
            bool edge = c == '.' && (i == 0 || i == bytes.Length - 1);
            if ((char.IsAsciiLetterOrDigit(c) || Kept.Contains(c)) && !edge && !(device && i == 0))
                text.Append(c);
            else
                text.Append(CultureInfo.InvariantCulture, $"%{bytes[i]:X2}");
        }
        return text.Length <= MaxBytes ? text.ToString()
            : throw new ArgumentException($"'{name}' makes a file name of {text.Length} characters, expected at most {MaxBytes}. Give it a shorter name.");
    }

    /// <summary>The name of a path component. A <c>%</c> that begins no byte stands for itself.</summary>
    public static string Decode(string component)
    {
        var bytes = new List<byte>(component.Length);
        for (int i = 0; i < component.Length; i++)
        {
            if (component[i] == '%' && i + 2 < component.Length
                && byte.TryParse(component.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
                bytes.AddRange(Encoding.UTF8.GetBytes([component[i]]));
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
