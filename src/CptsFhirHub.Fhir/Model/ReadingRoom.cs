namespace CptsFhirHub.Fhir.Model;

/// <summary>What reading JSON needs besides the tree, kept by the thread for the next resource.</summary>
internal sealed class ReadingRoom
{
    // What one unusual resource made larger than this is not kept.
    private const int RoomMax = 256;
    private const int RoomFirst = 16;

    [ThreadStatic]
    private static ReadingRoom? Kept;

    private Element[]?[] _rooms = new Element[]?[16];

    public List<string> Members { get; } = [];

    public List<(string Name, int Index)> Places { get; } = [];

    public static ReadingRoom Take()
    {
        var taken = Kept ?? new();
        Kept = null;
        return taken;
    }

    /// <summary>Gives it back after a whole reading; after one that broke off it still points into the tree, and is dropped.</summary>
    public void Return()
    {
        Members.Clear();
        Places.Clear();
        Kept = this;
    }

    /// <summary>An empty array for the children of an object at that depth.</summary>
    public Element[] Room(int depth)
    {
        if (depth >= _rooms.Length)
            Array.Resize(ref _rooms, _rooms.Length * 2);
        return _rooms[depth] ?? new Element[RoomFirst];
    }

    public void Keep(int depth, Element[] room) => _rooms[depth] = room.Length <= RoomMax ? room : null;
}
