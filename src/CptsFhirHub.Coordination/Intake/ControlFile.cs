using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// What a sender says about a file beside it: how many lines, which digest, for whom and until when. A file that is not what its control
/// file says was cut off, or is another one: none of its lines is taken.
/// </summary>
public static class ControlFile
{
    private const int PartsMax = 8;
    private const int ControlBytesMax = 64 * 1024;

    /// <summary>A file and its control file as one message, as a form would post them.</summary>
    public static (byte[] Body, string ContentType) Together(ReadOnlySpan<byte> control, ReadOnlySpan<byte> file)
    {
        // The digest of the file as boundary: it stands nowhere in the file itself.
        var boundary = "hub-" + Convert.ToHexStringLower(SHA256.HashData(file));
        var body = new MemoryStream();
        Part("control", "application/json", control);
        Part("file", "text/csv", file);
        body.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return (body.ToArray(), $"multipart/form-data; boundary={boundary}");

        void Part(string name, string type, ReadOnlySpan<byte> content)
        {
            body.Write(Encoding.ASCII.GetBytes(
                $"--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {type}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }
    }

    /// <summary>
    /// The parts <c>file</c> and <c>control</c> of a form; the whole message as the file when it is none. https://www.rfc-editor.org/rfc/rfc7578
    /// </summary>
    public static (ReadOnlyMemory<byte> File, ReadOnlyMemory<byte>? Control) PartsOf(
        ReadOnlyMemory<byte> bytes, string contentType, List<Issue> issues)
    {
        if (!contentType.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return (bytes, null);
        if (BoundaryOf(contentType) is not { } boundary)
        {
            issues.Add(new(Severity.Fatal, "structure", "form", "The form names no boundary."));
            return default;
        }

        ReadOnlyMemory<byte>? file = null, control = null;
        var delimiter = Encoding.ASCII.GetBytes("--" + boundary);
        var at = bytes.Span.IndexOf(delimiter);
        for (var count = 0; at >= 0 && count < PartsMax; count++)
        {
            var start = at + delimiter.Length;
            var length = bytes.Span[start..].IndexOf(delimiter);
            if (length < 0)
                break;
            Take(bytes.Slice(start, length));
            at = start + length;
        }

        if (file is null)
            issues.Add(new(Severity.Fatal, "required", "form", "The form has no part \"file\"."));
        return (file ?? default, control);

        void Take(ReadOnlyMemory<byte> part)
        {
            var end = part.Span.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return;
            var head = Encoding.UTF8.GetString(part.Span[..end]);

            // The line break before the delimiter belongs to the delimiter.
            var content = part[(end + 4)..];
            content = content.Span.EndsWith("\r\n"u8) ? content[..^2] : content;
            if (head.Contains("name=\"file\"", StringComparison.OrdinalIgnoreCase) || head.Contains("name=file", StringComparison.OrdinalIgnoreCase))
                file = content;
            else if (head.Contains("name=\"control\"", StringComparison.OrdinalIgnoreCase) || head.Contains("name=control", StringComparison.OrdinalIgnoreCase))
                control = content;
        }
    }

    /// <summary>What contradicts the control file: <c>count</c>, <c>sha256</c>, <c>rpps</c>, <c>endDate</c>.</summary>
    /// <param name="rppsPath">Where each line names the GP.</param>
    /// <param name="endPath">Where each line says the last day.</param>
    public static IReadOnlyList<Issue> Check(
        ReadOnlyMemory<byte> control, ReadOnlyMemory<byte> file, SourceLines lines, string rppsPath, string endPath)
    {
        var issues = new List<Issue>();
        if (control.Length > ControlBytesMax)
            return [new(Severity.Fatal, "too-long", "control", $"More than {ControlBytesMax} bytes.")];
        if (JsonTree.Read(control, "ControlFile", issues) is not { } said)
            return [.. issues.Select(issue => issue with { Path = "control " + issue.Path })];

        if (!int.TryParse(said.Text("count"), out var count))
            Refuse("required", "count", "The number of lines is required.");
        else if (count != lines.Lines.Count)
            Refuse("business-rule", "count", $"The control file counts {count} lines and the file has {lines.Lines.Count}.");
        if (said.Text("sha256") is not { } digest)
            Refuse("required", "sha256", "The digest of the file is required.");
        else if (!digest.Trim().Equals(Convert.ToHexString(SHA256.HashData(file.Span)), StringComparison.OrdinalIgnoreCase))
            Refuse("business-rule", "sha256", "The file has another digest: it was changed or cut off on its way.");
        Same("rpps", said.Text("rpps") is { Length: 12 } prefixed && prefixed[0] == '8' ? prefixed[1..] : said.Text("rpps"), rppsPath);
        Same("endDate", said.Text("endDate") is { } end ? FrenchValues.Date(end).Value ?? end : null, endPath);
        return issues;

        void Same(string member, string? expected, string path)
        {
            if (expected is null)
                return;
            var other = lines.Lines.FirstOrDefault(line => line.Reading.Tree?.At(path.Split('.'))?.Value is { } value && value != expected);
            if (other is not null)
                Refuse("business-rule", member, $"Line {other.Number} says something else than the control file.");
        }

        void Refuse(string code, string member, string text) => issues.Add(new(Severity.Fatal, code, $"control {member}", text));
    }

    private static string? BoundaryOf(string contentType)
    {
        var at = contentType.IndexOf("boundary=", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return null;
        var value = contentType[(at + 9)..].Split(';')[0].Trim().Trim('"');
        return value.Length is > 0 and <= 70 ? value : null;
    }
}
