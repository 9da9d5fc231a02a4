namespace CptsFhirHub.Fhir.FhirPath;

/// <summary><c>sort()</c> and <c>sort(key, -key)</c>. https://build.fhir.org/ig/HL7/FHIRPath/#sort</summary>
internal static class Sorting
{
    public static Items Sort(Call call)
    {
        var keys = new Items[call.Input.Count][];
        var inner = call.Inner();
        for (var i = 0; i < keys.Length; i++)
        {
            inner.This = new(call.Input[i]);
            inner.Index = i;
            keys[i] = call.Count == 0 ? [inner.This] : new Items[call.Count];
            for (var k = 0; k < call.Count; k++)
                keys[i][k] = call.Code(k).Eval(call.Run, inner);
        }

        var signs = new int[Math.Max(call.Count, 1)];
        for (var k = 0; k < signs.Length; k++)
            signs[k] = k < call.Count && call.Code(k) is DescendingCode ? -1 : 1;

        var order = Enumerable.Range(0, keys.Length).ToArray();
        var run = call.Run;
        try
        {
            // A stable order: what is equal stays as it came.
            Array.Sort(order, (a, b) => Compare(run, keys[a], keys[b], signs) is var compared and not 0 ? compared : a.CompareTo(b));
        }
        catch (InvalidOperationException exception) when (exception.InnerException is FhirPathException cause)
        {
            throw new FhirPathException(cause.Fault, cause.Position, cause.Reason);
        }

        var gathering = default(Gathering);
        foreach (var index in order)
            gathering.Add(call.Input[index]);
        return gathering.Done();
    }

    // What has no key comes first, and last when the order is turned round.
    private static int Compare(Run run, Items[] left, Items[] right, int[] signs)
    {
        run.Spend();
        for (var k = 0; k < signs.Length; k++)
        {
            var order = left[k].IsEmpty || right[k].IsEmpty
                ? right[k].IsEmpty.CompareTo(left[k].IsEmpty)
                : Ordering.Compare(left[k], right[k]) ?? 0;
            if (order != 0)
                return order * signs[k];
        }

        return 0;
    }
}

/// <summary>A sort key whose order is turned round.</summary>
internal sealed class DescendingCode(Code key) : Code
{
    public override Items Eval(Run run, Scope scope) => key.Eval(run, scope);
}
