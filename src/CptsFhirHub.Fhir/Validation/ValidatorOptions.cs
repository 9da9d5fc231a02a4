using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>What a <see cref="Validator"/> checks and how strictly.</summary>
public sealed record ValidatorOptions
{
    /// <summary>The options used where none are given.</summary>
    public static ValidatorOptions Default { get; } = new();

    /// <summary>The language of the issues' texts: <c>en</c> or <c>fr</c>. Rules of profiles speak it where the profile has a translation.</summary>
    public string Language { get; init; } = "en";

    /// <summary>
    /// How bad an extension is whose definition is not at hand. A modifier extension that is not known is always an
    /// error: it may reverse the meaning.
    /// </summary>
    public Severity UnknownExtension { get; init; } = Severity.Information;

    /// <summary>
    /// How bad it is that a profile named in <c>meta.profile</c> is not at hand. One asked for by the caller is always
    /// an error.
    /// </summary>
    public Severity UnknownProfile { get; init; } = Severity.Warning;

    /// <summary>How bad it is that the display of a coding is none that its code system knows.</summary>
    public Severity WrongDisplay { get; init; } = Severity.Warning;

    /// <summary>
    /// How bad it is that a code of a value set that is required is absent and an extension says why. The reference validator refuses it;
    /// a record that says that it does not know the gender is worth more than none.
    /// </summary>
    public Severity AbsentCode { get; init; } = Severity.Information;

    /// <summary>How bad a link inside a narrative is that leads nowhere.</summary>
    public Severity BrokenLink { get; init; } = Severity.Warning;

    /// <summary>False refuses addresses and extensions of example.org: right where real data come in.</summary>
    public bool AllowsExampleUrls { get; init; } = true;

    /// <summary>True refuses texts and markdown that hold HTML tags, for readers that show them unescaped.</summary>
    public bool RefusesHtml { get; init; }

    /// <summary>True demands that what a reference leads to is at hand: contained, in the Bundle or Parameters around, or fetched.</summary>
    public bool RequiresReferences { get; init; }

    /// <summary>True takes every http reference for the address of a resource: its type is one of R4.</summary>
    public bool AssumesRestReferences { get; init; }

    /// <summary>False leaves contained resources unchecked.</summary>
    public bool ChecksContained { get; init; } = true;

    /// <summary>True warns of recommended practice not followed, such as a resource without narrative.</summary>
    public bool ChecksBestPractice { get; init; }

    /// <summary>Issues collected before checking stops.</summary>
    public int IssuesMax { get; init; } = 500;

    /// <summary>Levels of elements looked into.</summary>
    public int DepthMax { get; init; } = 100;

    /// <summary>
    /// Fetches what a reference outside the resource points to; null when unknown. Only for FHIRPath's <c>resolve()</c>
    /// and target types.
    /// </summary>
    public Func<string, Element?>? Resolve { get; init; }

    /// <summary>
    /// The day and time of FHIRPath's <c>now()</c> and <c>today()</c> in invariants; without it an invariant that asks
    /// is not checked.
    /// </summary>
    public Func<DateTimeOffset>? Now { get; init; }
}
