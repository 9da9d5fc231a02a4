using System.Collections;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// A FHIRPath collection: ordered, may hold an item twice. None and one item cost no allocation.
/// </summary>
public readonly struct Items : IReadOnlyList<Item>
{
    private readonly Item _one;
    private readonly Item[]? _many;

    internal Items(Item one)
    {
        _one = one;
        Count = 1;
    }

    internal Items(Item[] many, int count)
    {
        _many = many;
        Count = count;
        if (count > 0)
            _one = many[0];
    }

    /// <summary>The collection without items.</summary>
    public static Items Empty => default;

    internal static Items True { get; } = new(Item.Of(true));

    internal static Items False { get; } = new(Item.Of(false));

    /// <inheritdoc/>
    public int Count { get; }

    internal bool IsEmpty => Count == 0;

    /// <inheritdoc/>
    public Item this[int index] => _many is null
        ? index == 0 && Count == 1 ? _one : throw new ArgumentOutOfRangeException(nameof(index))
        : index < Count ? _many[index] : throw new ArgumentOutOfRangeException(nameof(index));

    internal Item First => _one;

    internal ReadOnlySpan<Item> Many => new(_many, 0, Count);

    /// <summary>The items' texts; complex elements give none.</summary>
    public IEnumerable<string> Texts => this.Select(item => item.Text).OfType<string>();

    /// <summary>A collection of these items.</summary>
    public static Items Of(params ReadOnlySpan<Item> items) => items.Length switch
    {
        0 => default,
        1 => new(items[0]),
        _ => new(items.ToArray(), items.Length),
    };

    /// <summary>A collection of these items.</summary>
    public static Items Of(IEnumerable<Item> items) => Of(items.ToArray());

    internal static Items Of(bool value) => value ? True : False;

    internal static Items Of(bool? value) => value is { } known ? Of(known) : default;

    internal static Items Of(string value) => new(Item.Of(Checked(value)));

    internal static string Checked(string text) => text.Length <= FhirPathLimits.TextMax
        ? text
        : throw FhirPathException.Limit(-1, $"A text has at most {FhirPathLimits.TextMax} characters.");

    internal static Items Of(int value) => new(Item.Of(value));

    internal static Items Of(decimal value) => new(Item.Of(value));

    internal static Items OfValue(object? value) => value is null ? default : new(Item.OfValue(value));

    internal static Items Gather(IEnumerable<string> texts)
    {
        var gathering = default(Gathering);
        foreach (var text in texts)
            gathering.Add(Item.Of(text));
        return gathering.Done();
    }

    internal Items Slice(int start, int count)
    {
        start = Math.Clamp(start, 0, Count);
        count = Math.Clamp(count, 0, Count - start);
        if (count == Count)
            return this;
        return count switch
        {
            0 => default,
            1 => new(this[start]),
            _ => new(_many.AsSpan(start, count).ToArray(), count),
        };
    }

    /// <summary>Goes through the items.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<Item> IEnumerable<Item>.GetEnumerator() => Sequence().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Sequence().GetEnumerator();

    private IEnumerable<Item> Sequence()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    /// <summary>Goes through the items without an allocation.</summary>
    public struct Enumerator
    {
        private readonly Items _items;
        private int _at;

        internal Enumerator(Items items)
        {
            _items = items;
            _at = -1;
        }

        /// <summary>The item reached.</summary>
        public readonly Item Current => _items[_at];

        /// <summary>Goes to the next item; false at the end.</summary>
        public bool MoveNext() => ++_at < _items.Count;
    }
}

/// <summary>Gathers a collection; the first item needs no array.</summary>
internal struct Gathering
{
    private Item _first;
    private Item[]? _many;

    public int Count { get; private set; }

    public readonly Item this[int index] => _many is null ? _first : _many[index];

    public void Add(Item item)
    {
        if (Count == 0)
        {
            _first = item;
        }
        else
        {
            if (_many is null)
            {
                _many = new Item[4];
                _many[0] = _first;
            }
            else if (Count == _many.Length)
            {
                if (Count >= FhirPathLimits.ResultsMax)
                    throw FhirPathException.Limit(-1, $"A collection has at most {FhirPathLimits.ResultsMax} items.");
                Array.Resize(ref _many, Math.Min(Count * 2, FhirPathLimits.ResultsMax));
            }

            _many[Count] = item;
        }

        Count++;
    }

    public void AddAll(Items items)
    {
        foreach (var item in items)
            Add(item);
    }

    public readonly Items Done() => Count switch
    {
        0 => default,
        1 => new(_first),
        _ => new(_many!, Count),
    };
}
