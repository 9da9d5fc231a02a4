namespace CptsFhirHub.Storage.Sql;

/// <summary>What an answer of the database rests on, and what a write changes: the answer holds as long as nothing writes there.</summary>
/// <param name="Number">The row of a resource, the type of a named one, the beginning of a key.</param>
/// <param name="Text">The id of a named resource, a code of the index, the scope of a kept answer.</param>
internal readonly record struct Touched(TouchedKind Kind, long Number, string? Text = null);

/// <summary>The kinds of <see cref="Touched"/>. None tells the tenant: what is asked anew without need is still right.</summary>
internal enum TouchedKind
{
    /// <summary>A resource by its row, with its index and its keys.</summary>
    Row,

    /// <summary>A resource by its type and id, known or not.</summary>
    Named,

    /// <summary>What stands under a look-up key.</summary>
    Key,

    /// <summary>The resources that bear a code, whatever the parameter; the answer's first column is their rows, and it rests on these too.</summary>
    Code,

    /// <summary>A kept answer.</summary>
    Answer,

    /// <summary>The last keys given, read once at the beginning; and what nothing changes.</summary>
    Beginning,

    /// <summary>A message of the journal by its id.</summary>
    Message,

    /// <summary>The message that is the first of its content; the answer's second column is its id, and it rests on that too.</summary>
    First,

    /// <summary>An entry of the outbox by its id.</summary>
    Entry,
}
