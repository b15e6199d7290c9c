namespace QuantSuite.Evaluation.Fetching;

/// <summary>Gets the files of a task from their publishers into a data folder. What is there already with the right hash is left alone.</summary>
/// <param name="download">Makes the requests.</param>
/// <param name="folder">The data folder.</param>
public sealed class BenchmarkFetch(Download download, string folder)
{
    /// <summary>Gets files.</summary>
    /// <param name="say">Told each file that was got.</param>
    /// <param name="progress">Told file and bytes so far.</param>
    /// <returns>The files that no one publishes as they are, which are left to the user.</returns>
    /// <exception cref="FetchException">A file cannot be had, or is another one; what was got before is whole.</exception>
    public async Task<IReadOnlyList<PublishedFile>> GetAsync(
        IReadOnlyList<PublishedFile> files, Action<string> say, Action<string, long> progress, CancellationToken cancellation = default)
    {
        PublishedFile[] open = [.. files.Where(file => !file.Hash.IsAt(PathOf(file)))];
        foreach (PublishedFile file in open.Where(file => file.CanBeFetched && file.Member.Length == 0))
        {
            var bytes = new Rows.ImmediateProgress<long>(count => progress(file.Path, count));
            await download.GetAsync(new Uri(file.Address), PathOf(file), file.Hash, file.ByteCount, bytes, cancellation);
            say($"{file.Path}: {file.ByteCount} bytes from {file.Publisher}");
        }
        foreach (IGrouping<string, PublishedFile> archive in open.Where(file => file.CanBeFetched && file.Member.Length > 0).GroupBy(file => file.Address))
            await GetMembersAsync(new Uri(archive.Key), [.. archive], say, progress, cancellation);
        return [.. open.Where(file => !file.CanBeFetched)];
    }

    // The archive itself may be packed anew; what counts are the hashes of its members.
    private async Task GetMembersAsync(Uri address, PublishedFile[] members, Action<string> say, Action<string, long> progress, CancellationToken cancellation)
    {
        string name = address.Segments[^1], archive = Path.Combine(folder, ".fetched", name);
        await download.GetWithoutHashAsync(address, archive, new Rows.ImmediateProgress<long>(count => progress(name, count)), cancellation);
        Unpacking.Extract(archive, members.ToDictionary(member => member.Member, member => (PathOf(member) + ".part", member.ByteCount)));
        foreach (PublishedFile member in members)
        {
            string part = PathOf(member) + ".part";
            if (member.Hash.Of(part) is var got && got != member.Hash)
                throw new FetchException($"{address}, {member.Member}: got {got}, expected {member.Hash}. The publisher changed the file; the one got lies in '{part}'.");
            File.Move(part, PathOf(member));
        }
        File.Delete(archive);
        say($"{members.Length} file(s) from {address}");
    }

    private string PathOf(PublishedFile file) => Path.Combine(folder, file.Path);
}
