namespace QuantSuite.Evaluation.Fetching;

/// <summary>A file of a benchmark as its publisher offers it.</summary>
/// <param name="Path">Where tasks look for it, below a data folder.</param>
/// <param name="ByteCount">Its size.</param>
/// <param name="Sha256">The hash of the file that the tasks were tried on, lower-case hex.</param>
/// <param name="Address">Where the publisher has it; where none offers this very file, a page to read, after the word <c>see</c>.</param>
/// <param name="Member">Its name inside of the zip or tar archive that lies at the address, or empty.</param>
public sealed record PublishedFile(string Path, long ByteCount, string Sha256, string Address, string Member)
{
    /// <summary>Whether it can be fetched, and does not have to be made by hand.</summary>
    public bool CanBeFetched => !Address.StartsWith("see ", StringComparison.Ordinal);

    /// <summary>Its hash.</summary>
    public FileHash Hash => new("sha256", Sha256);

    /// <summary>Who publishes it: the host, and the owner where the host has many.</summary>
    public string Publisher
    {
        get
        {
            var address = new Uri(CanBeFetched ? Address : Address.Split(' ')[1]);
            string[] parts = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
            return address.Host switch
            {
                "raw.githubusercontent.com" or "github.com" => $"github.com/{parts[0]}/{parts[1]}",
                "huggingface.co" => $"huggingface.co/{string.Join('/', parts.Take(3))}",
                var host => host,
            };
        }
    }
}
