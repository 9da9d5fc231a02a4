namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// Race, religion and ethnicity (PID-10, PID-17, PID-22, NK1-25, NK1-28, NK1-35), which no French message may hold: taken out of the bytes
/// themselves, before the journal, so that they stand nowhere. All else stays as it came.
/// </summary>
public static class ForbiddenFields
{
    private static ReadOnlySpan<int> OfPid => [10, 17, 22];

    private static ReadOnlySpan<int> OfNk1 => [25, 28, 35];

    /// <summary>The message without them; the same bytes when there are none.</summary>
    public static ReadOnlyMemory<byte> Without(ReadOnlyMemory<byte> message)
    {
        var bytes = message.Span;
        var header = bytes.IndexOf("MSH"u8);
        if (header < 0 || header + 3 >= bytes.Length)
            return message;
        var separator = bytes[header + 3];
        MemoryStream? kept = null;
        var taken = 0;
        for (var start = header; start < bytes.Length;)
        {
            var length = bytes[start..].IndexOfAny((byte)'\r', (byte)'\n');
            var segment = length < 0 ? bytes[start..] : bytes.Slice(start, length);
            // Each message of a batch has separators of its own.
            if (segment.StartsWith("MSH"u8) && segment.Length > 3)
                separator = segment[3];
            var fields = segment.StartsWith("PID"u8) ? OfPid : segment.StartsWith("NK1"u8) ? OfNk1 : [];
            var (number, at) = (0, 0);
            while (fields.Length > 0 && at < segment.Length && segment[at..].IndexOf(separator) is >= 0 and var next)
            {
                at += next + 1;
                number++;
                var end = segment[at..].IndexOf(separator) is >= 0 and var size ? at + size : EndOf(segment);
                if (end <= at || !fields.Contains(number))
                    continue;
                kept ??= new MemoryStream(bytes.Length);
                kept.Write(bytes[taken..(start + at)]);
                taken = start + end;
            }

            start += segment.Length + 1;
        }

        if (kept is null)
            return message;
        kept.Write(bytes[taken..]);
        return kept.ToArray();
    }

    /// <summary>Where the last field ends: the mark that closes a frame is no part of it.</summary>
    private static int EndOf(ReadOnlySpan<byte> segment) => segment.IndexOf((byte)0x1C) is >= 0 and var mark ? mark : segment.Length;
}
