using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Where a check stands, as a stack; written out as FHIRPath only when there is something to report.</summary>
internal sealed class Location
{
    private Frame[] _frames = new Frame[8];

    public int Depth { get; private set; }

    public void Push(Element node, ChildDefinition? definition, int index)
    {
        if (Depth == _frames.Length)
            Array.Resize(ref _frames, Depth * 2);
        _frames[Depth++] = new(node, definition, index);
    }

    public void Pop() => Depth--;

    /// <summary>The node that many levels up; 0 is the current one. Null above the root.</summary>
    public (Element Node, ChildDefinition? Definition)? Up(int levels)
    {
        var at = Depth - 1 - levels;
        return at < 0 ? null : (_frames[at].Node, _frames[at].Definition);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Depth; i++)
        {
            var frame = _frames[i];
            if (i == 0)
            {
                text.Append(frame.Node.ResourceType ?? frame.Node.Name);
                continue;
            }

            text.Append('.');
            if (frame.Definition is { Element.IsChoice: true } choice)
                text.Append(choice.Element.Name).Append(".ofType(").Append(choice.TypeName).Append(')');
            else
                text.Append(Shown(frame.Node.Name));
            if (frame.Index >= 0)
                text.Append('[').Append(frame.Index).Append(']');
        }

        return text.ToString();
    }

    /// <summary>A name from the data, cut to a length that fits a message.</summary>
    public static string Shown(string name)
    {
        const int NameMax = 60;
        return name.Length <= NameMax ? name : string.Concat(name.AsSpan(0, NameMax), "...");
    }

    private readonly record struct Frame(Element Node, ChildDefinition? Definition, int Index);
}
