// A table of sentences: long because they are many.

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Every sentence that the checks of resources say, in English and in French.</summary>
internal static class Phrases
{
    public static readonly Phrase AnswerType = new(
        "The answer has not the type that the question asks for.",
        "La réponse n'est pas du type que la question demande.");

    public static readonly Phrase AnswerOption = new(
        "The answer is none of the options of the question.",
        "La réponse n'est aucune des options de la question.");

    public static readonly Phrase AnswerValueSet = new(
        "The answer is not in the value set of the question.",
        "La réponse n'est pas dans le jeu de valeurs de la question.");

    public static readonly Phrase AnswerBelow = new(
        "The answer is below the least allowed.",
        "La réponse est inférieure au minimum permis.");

    public static readonly Phrase AnswerAbove = new(
        "The answer is above the greatest allowed.",
        "La réponse est supérieure au maximum permis.");

    public static readonly Phrase AnswerUnits = new(
        "The answer's unit does not compare with that of the question's bound.",
        "L'unité de la réponse ne se compare pas à celle de la limite de la question.");

    public static readonly Phrase AnswerBeyond = new(
        "The answer is beyond the bound of the question.",
        "La réponse dépasse la limite de la question.");

    public static readonly Phrase AnswerLong = new(
        "The answer is longer than {0} characters.",
        "La réponse dépasse {0} caractères.");

    public static readonly Phrase AnswerShort = new(
        "The answer is shorter than {0} characters.",
        "La réponse a moins de {0} caractères.");

    public static readonly Phrase AnswerForm = new(
        "The answer has not the form that the question asks for.",
        "La réponse n'a pas la forme que la question demande.");

    public static readonly Phrase AnswerPlaces = new(
        "The answer has more than {0} decimal places.",
        "La réponse a plus de {0} décimales.");

    public static readonly Phrase AttachmentSize = new(
        "The attachment has another size than it states.",
        "La pièce jointe n'a pas la taille qu'elle annonce.");

    public static readonly Phrase AttachmentLarge = new(
        "The attachment is larger than the question allows.",
        "La pièce jointe est plus grosse que la question ne le permet.");

    public static readonly Phrase AttachmentType = new(
        "The attachment has a content type that the question does not allow.",
        "Le type de la pièce jointe n'est pas permis par la question.");

    public static readonly Phrase AnswerUnit = new(
        "The unit of the answer is none that the question allows.",
        "L'unité de la réponse n'est pas de celles que la question permet.");

    public static readonly Phrase CodeRequired = new(
        "A code from the value set {0} is required.",
        "Un code du jeu de valeurs {0} est obligatoire.");

    public static readonly Phrase CodeUntold = new(
        "It cannot be told here whether the code is in the value set {0}.",
        "On ne peut pas dire ici si le code est dans le jeu de valeurs {0}.");

    public static readonly Phrase CodeOutside = new(
        "The code is not in the value set {0}, which is required.",
        "Le code n'est pas dans le jeu de valeurs {0}, qui est obligatoire.");

    public static readonly Phrase CodeBeside = new(
        "The code is not in the value set {0}: a code from it should be used if one fits.",
        "Le code n'est pas dans le jeu de valeurs {0} : un code de ce jeu est à préférer s'il en existe un qui convient.");

    public static readonly Phrase DocumentPart = new(
        "The document does not hold what its {0} refers to.",
        "Le document ne contient pas ce que son {0} désigne.");

    public static readonly Phrase FullUrlMissing = new(
        "An entry of a document or message has a fullUrl.",
        "Une entrée de document ou de message a un fullUrl.");

    public static readonly Phrase FullUrlRelative = new(
        "The fullUrl of an entry is absolute.",
        "Le fullUrl d'une entrée est absolu.");

    public static readonly Phrase FullUrlNoId = new(
        "The fullUrl of the entry is that of a resource on a server, and its resource has no id.",
        "Le fullUrl de l'entrée est celui d'une ressource d'un serveur, et la ressource n'a pas d'id.");

    public static readonly Phrase FullUrlOther = new(
        "The fullUrl of the entry and the type and id of its resource differ.",
        "Le fullUrl de l'entrée et le type et l'id de sa ressource diffèrent.");

    public static readonly Phrase EnableSelf = new(
        "The item depends on itself or on an item within it, which is asked only when it is asked.",
        "La question dépend d'elle-même ou d'une question qu'elle contient, posée seulement quand elle l'est.");

    public static readonly Phrase EnableUnknown = new(
        "The item depends on one that the questionnaire does not have.",
        "La question dépend d'une question que le questionnaire n'a pas.");

    public static readonly Phrase ExtensionRelative = new(
        "The url of an extension is absolute.",
        "L'url d'une extension est absolue.");

    public static readonly Phrase ExtensionPart = new(
        "The definition of the extension has no such part.",
        "La définition de l'extension n'a pas cette partie.");

    public static readonly Phrase ExtensionPlain = new(
        "The extension is none that modifies: it stands under 'extension'.",
        "L'extension ne modifie pas le sens : sa place est sous 'extension'.");

    public static readonly Phrase ExtensionModifies = new(
        "The extension modifies the meaning: it stands under 'modifierExtension'.",
        "L'extension modifie le sens : sa place est sous 'modifierExtension'.");

    public static readonly Phrase ExtensionPlace = new(
        "The definition of the extension does not allow it here.",
        "La définition de l'extension ne la permet pas à cet endroit.");

    public static readonly Phrase ExtensionOther = new(
        "The url of the extension names a structure that is none.",
        "L'url de l'extension désigne une structure qui n'en est pas une.");

    public static readonly Phrase ModifierUnknown = new(
        "The modifier extension is not known: what it changes cannot be told.",
        "L'extension modificatrice n'est pas connue : on ne peut dire ce qu'elle change.");

    public static readonly Phrase ExtensionUnknown = new(
        "The extension is not known here.",
        "L'extension n'est pas connue ici.");

    public static readonly Phrase RuleUnreadable = new(
        "The expression of the rule cannot be read.",
        "L'expression de la règle ne peut être lue.");

    public static readonly Phrase RuleFailed = new(
        "The rule could not be evaluated.",
        "La règle n'a pas pu être évaluée.");

    public static readonly Phrase RuleBroken = new(
        "The rule {0} is broken: {1}",
        "La règle {0} n'est pas respectée : {1}");

    public static readonly Phrase RuleBrokenBare = new(
        "The rule {0} is broken.",
        "La règle {0} n'est pas respectée.");

    public static readonly Phrase ProfileType = new(
        "The profile is for {0}.",
        "Le profil est fait pour {0}.");

    public static readonly Phrase ProfileUnknown = new(
        "The profile is not known here: the resource was not checked against it.",
        "Le profil n'est pas connu ici : la ressource n'a pas été vérifiée avec lui.");

    public static readonly Phrase ProfileBase = new(
        "The profile's base is not known here: its rules were not checked.",
        "La base du profil n'est pas connue ici : ses règles n'ont pas été vérifiées.");

    public static readonly Phrase TypeRequired = new(
        "A {0} is required here.",
        "Il faut ici une ressource ou un élément de type {0}.");

    public static readonly Phrase ElementFew = new(
        "The element '{0}' occurs {1} times: at least {2} is required by the profile.",
        "L'élément « {0} » est présent {1} fois : le profil en demande au moins {2}.");

    public static readonly Phrase SliceFew = new(
        "The slice '{0}' of '{1}' occurs {2} times: at least {3} is required by the profile.",
        "La tranche « {0} » de « {1} » est présente {2} fois : le profil en demande au moins {3}.");

    public static readonly Phrase ElementMany = new(
        "The element '{0}' occurs {1} times: at most {2} is allowed by the profile.",
        "L'élément « {0} » est présent {1} fois : le profil en permet au plus {2}.");

    public static readonly Phrase SliceMany = new(
        "The slice '{0}' of '{1}' occurs {2} times: at most {3} is allowed by the profile.",
        "La tranche « {0} » de « {1} » est présente {2} fois : le profil en permet au plus {3}.");

    public static readonly Phrase SlicesClosed = new(
        "The list '{0}' is closed and none of its slices matches.",
        "La liste « {0} » est fermée et aucune de ses tranches ne correspond.");

    public static readonly Phrase SliceNone = new(
        "The element matches none of the slices, and the list is closed to others.",
        "L'élément ne correspond à aucune tranche, et la liste est fermée aux autres.");

    public static readonly Phrase SliceOrder = new(
        "The element is out of the order of the slices.",
        "L'élément n'est pas à sa place dans l'ordre des tranches.");

    public static readonly Phrase SliceEnd = new(
        "Elements of no slice come after those of the slices.",
        "Les éléments sans tranche viennent après ceux des tranches.");

    public static readonly Phrase TypeNotAllowed = new(
        "The type {0} is not allowed here by the profile.",
        "Le profil ne permet pas ici le type {0}.");

    public static readonly Phrase ProfilesNone = new(
        "The element meets none of the profiles of its type.",
        "L'élément ne respecte aucun des profils de son type.");

    public static readonly Phrase TargetNotAllowed = new(
        "A reference to a {0} is not allowed here by the profile.",
        "Le profil ne permet pas ici une référence vers {0}.");

    public static readonly Phrase TargetProfiles = new(
        "The resource referred to meets none of the target profiles.",
        "La ressource désignée ne respecte aucun des profils attendus.");

    public static readonly Phrase ItemUnknown = new(
        "The questionnaire has no such item at this place.",
        "Le questionnaire n'a pas cette question à cet endroit.");

    public static readonly Phrase ItemRequired = new(
        "A required item of the questionnaire is not answered.",
        "Une question obligatoire du questionnaire est sans réponse.");

    public static readonly Phrase ItemRepeats = new(
        "An item that does not repeat is answered more than once.",
        "Une question qui ne se répète pas a plusieurs réponses.");

    public static readonly Phrase ItemFew = new(
        "The item is answered {0} times: at least {1} are asked for.",
        "La question a {0} réponses : il en faut au moins {1}.");

    public static readonly Phrase ItemMany = new(
        "The item is answered {0} times: at most {1} are allowed.",
        "La question a {0} réponses : au plus {1} sont permises.");

    public static readonly Phrase ItemNotAsked = new(
        "The item is answered, and after the other answers it is not asked.",
        "La question a une réponse alors que, d'après les autres, elle n'est pas posée.");

    public static readonly Phrase ItemNoAnswer = new(
        "An item of this type has no answer.",
        "Un élément de ce type n'a pas de réponse.");

    public static readonly Phrase GroupRequired = new(
        "A required group has items.",
        "Un groupe obligatoire contient des questions.");

    public static readonly Phrase ItemBelow = new(
        "Items below a question stand below its answer.",
        "Les questions qui suivent une question se placent sous sa réponse.");

    public static readonly Phrase TargetType = new(
        "A reference to a {0} is not allowed here.",
        "Une référence vers {0} n'est pas permise ici.");

    public static readonly Phrase TargetKind = new(
        "The reference names a {0}, which is not allowed here.",
        "La référence désigne un {0}, ce qui n'est pas permis ici.");

    public static readonly Phrase ContainedMissing = new(
        "The reference points to a contained resource that is not there.",
        "La référence désigne une ressource contenue qui est absente.");

    public static readonly Phrase ReferenceSpace = new(
        "A reference has no white space.",
        "Une référence n'a pas d'espace.");

    public static readonly Phrase ReferenceForm = new(
        "The reference is neither a URL nor of the form Type/id.",
        "La référence n'est ni une URL ni de la forme Type/id.");

    public static readonly Phrase ReferenceType = new(
        "The reference names a resource type that R4 does not have.",
        "La référence nomme un type de ressource que R4 n'a pas.");

    public static readonly Phrase ReferenceTypes = new(
        "The reference and its type name different resource types.",
        "La référence et son type nomment deux types de ressource.");

    public static readonly Phrase ResourceUnknown = new(
        "The resource type is unknown in R4.",
        "Le type de ressource est inconnu en R4.");

    public static readonly Phrase Depth = new(
        "Elements nest deeper than {0} levels.",
        "Les éléments s'emboîtent sur plus de {0} niveaux.");

    public static readonly Phrase PrimitiveEmpty = new(
        "A primitive has a value, or an extension in its place.",
        "Un élément simple a une valeur, ou une extension à sa place.");

    public static readonly Phrase JsonBoolean = new(
        "The value of a {0} is true or false in JSON.",
        "La valeur d'un {0} est true ou false en JSON.");

    public static readonly Phrase JsonNumber = new(
        "The value of a {0} is a number in JSON.",
        "La valeur d'un {0} est un nombre en JSON.");

    public static readonly Phrase JsonString = new(
        "The value of a {0} is a string in JSON.",
        "La valeur d'un {0} est une chaîne en JSON.");

    public static readonly Phrase ObjectExpected = new(
        "A {0} is an object, not a single value.",
        "Un {0} est un objet, pas une valeur simple.");

    public static readonly Phrase ElementEmpty = new(
        "An element has a value or children.",
        "Un élément a une valeur ou des éléments enfants.");

    public static readonly Phrase ElementMissing = new(
        "The element '{0}' is missing: at least {1} is required.",
        "L'élément « {0} » manque : il en faut au moins {1}.");

    public static readonly Phrase ChoiceTwice = new(
        "The element '{0}[x]' is there with two types.",
        "L'élément « {0}[x] » est présent avec deux types.");

    public static readonly Phrase ElementTooMany = new(
        "The element '{0}' occurs {1} times: at most {2} is allowed.",
        "L'élément « {0} » est présent {1} fois : au plus {2} est permis.");

    public static readonly Phrase JsonArray = new(
        "The element is a list: JSON writes an array.",
        "L'élément est une liste : JSON l'écrit en tableau.");

    public static readonly Phrase JsonNoArray = new(
        "The element is single: JSON writes no array.",
        "L'élément est unique : JSON ne l'écrit pas en tableau.");

    public static readonly Phrase TypeUnknown = new(
        "The type of the element is not known here.",
        "Le type de l'élément n'est pas connu ici.");

    public static readonly Phrase ResourceTypeMissing = new(
        "A resource has a resourceType.",
        "Une ressource a un resourceType.");

    public static readonly Phrase NoResource = new(
        "A {0} stands here, not a resource.",
        "C'est un {0} qui se place ici, pas une ressource.");

    public static readonly Phrase ElementUnknown = new(
        "The element is unknown in {0}.",
        "L'élément est inconnu dans {0}.");

    public static readonly Phrase NotFixed = new(
        "The value is not the fixed one.",
        "La valeur n'est pas celle que le profil fixe.");

    public static readonly Phrase NotPattern = new(
        "The value does not meet the pattern.",
        "La valeur ne correspond pas au modèle du profil.");

    public static readonly Phrase TooLong = new(
        "The value is longer than {0} characters.",
        "La valeur dépasse {0} caractères.");

    public static readonly Phrase TooShort = new(
        "The value is shorter than {0} characters.",
        "La valeur a moins de {0} caractères.");

    public static readonly Phrase Below = new(
        "The value is below the least allowed.",
        "La valeur est inférieure au minimum permis.");

    public static readonly Phrase Above = new(
        "The value is above the greatest allowed.",
        "La valeur est supérieure au maximum permis.");

    public static readonly Phrase NotRegex = new(
        "The value has not the form that the profile asks for.",
        "La valeur n'a pas la forme que le profil demande.");

    public static readonly Phrase RegexFailed = new(
        "The form that the profile asks for cannot be checked: its pattern is wrong or takes too long.",
        "La forme que le profil demande ne peut être vérifiée : son motif est faux ou trop long à appliquer.");

    public static readonly Phrase ValueAbsent = new(
        "The profile asks for a value here, not for an extension in its place.",
        "Le profil demande ici une valeur, et non une extension à sa place.");

    public static readonly Phrase ValueAlternative = new(
        "The value is absent, and so is each of the extensions that may stand in its place.",
        "La valeur est absente, et aucune des extensions qui peuvent la remplacer n'est présente.");

    public static readonly Phrase NarrativeUnreadable = new(
        "The narrative is not well-formed XHTML.",
        "Le texte n'est pas du XHTML bien formé.");

    public static readonly Phrase NarrativeInstruction = new(
        "The narrative has a processing instruction.",
        "Le texte contient une instruction de traitement.");

    public static readonly Phrase NarrativeDiv = new(
        "The narrative is one div in the XHTML namespace.",
        "Le texte est un seul div de l'espace de noms XHTML.");

    public static readonly Phrase NarrativeDepth = new(
        "The narrative nests too deep.",
        "Le texte s'emboîte trop profondément.");

    public static readonly Phrase NarrativeElement = new(
        "The narrative has an element that is not allowed.",
        "Le texte a un élément qui n'est pas permis.");

    public static readonly Phrase NarrativeAttribute = new(
        "The narrative has an attribute that is not allowed.",
        "Le texte a un attribut qui n'est pas permis.");

    public static readonly Phrase NarrativeScript = new(
        "The narrative has a link that runs a script.",
        "Le texte a un lien qui lance un script.");

    public static readonly Phrase NarrativeEmpty = new(
        "The narrative has no content.",
        "Le texte est vide.");

    public static readonly Phrase NarrativeRule = new(
        "The narrative holds only the basic formatting of HTML.",
        "Le texte ne contient que la mise en forme simple de HTML.");

    public static readonly Phrase NarrativeScheme = new(
        "The narrative has a link to an address that nobody can follow.",
        "Le texte a un lien vers une adresse que personne ne peut suivre.");

    public static readonly Phrase NarrativeLink = new(
        "The narrative has a link to a place that is not there.",
        "Le texte a un lien vers un endroit qui n'existe pas.");

    public static readonly Phrase NarrativeLanguages = new(
        "The profile asks for parts of the narrative that state their language.",
        "Le profil demande que les parties du texte disent leur langue.");

    public static readonly Phrase NarrativeNoLanguages = new(
        "The profile allows no parts of the narrative by language.",
        "Le profil ne permet pas de parties du texte par langue.");

    public static readonly Phrase HtmlInText = new(
        "The text holds what looks like HTML tags, which are refused here.",
        "Le texte contient ce qui ressemble à des balises HTML, refusées ici.");

    public static readonly Phrase SystemRelative = new(
        "The system of a Coding is an absolute URI.",
        "Le système d'un codage est une URI absolue.");

    public static readonly Phrase SystemSupplement = new(
        "The system of a Coding is a code system, and this is a supplement to one.",
        "Le système d'un codage est un système de codes, et ceci n'en est qu'un complément.");

    public static readonly Phrase SystemValueSet = new(
        "The system of a Coding is a code system, and this is a value set.",
        "Le système d'un codage est un système de codes, et ceci est un jeu de valeurs.");

    public static readonly Phrase CodeUnknown = new(
        "The code is unknown in its code system.",
        "Le code est inconnu dans son système de codes.");

    public static readonly Phrase DisplayWrong = new(
        "The display is none that the code system has for the code.",
        "Le libellé n'est pas de ceux que le système de codes donne au code.");

    public static readonly Phrase IdentifierSystemRelative = new(
        "The system of an Identifier is an absolute URI.",
        "Le système d'un identifiant est une URI absolue.");

    public static readonly Phrase IdentifierNoUri = new(
        "The value of an Identifier in the system of URIs is a URI.",
        "La valeur d'un identifiant dans le système des URI est une URI.");

    public static readonly Phrase ContainedUnused = new(
        "The contained resource is referred to from nowhere in its container, nor does it refer to it (dom-3).",
        "La ressource contenue n'est désignée nulle part dans celle qui la contient, et ne la désigne pas (dom-3).");

    public static readonly Phrase ExampleUrl = new(
        "Addresses of example.org are not allowed here.",
        "Les adresses en example.org ne sont pas permises ici.");

    public static readonly Phrase IdTwice = new(
        "The id is there twice in the resource.",
        "L'id est présent deux fois dans la ressource.");

    public static readonly Phrase ReferenceNotFound = new(
        "What the reference leads to is not at hand.",
        "Ce que la référence désigne est introuvable.");

    public static readonly Phrase CodeAdditional = new(
        "The code is not in the value set {0}, which the profile adds as required.",
        "Le code n'est pas dans le jeu de valeurs {0}, que le profil ajoute comme obligatoire.");

    public static readonly Phrase FormatBoolean = new(
        "A boolean is true or false.",
        "Un booléen est true ou false.");

    public static readonly Phrase FormatInteger = new(
        "An integer has digits only and fits 32 bits.",
        "Un entier n'a que des chiffres et tient en 32 bits.");

    public static readonly Phrase FormatPositive = new(
        "A positiveInt is a whole number from 1 on.",
        "Un positiveInt est un entier à partir de 1.");

    public static readonly Phrase FormatUnsigned = new(
        "An unsignedInt is a whole number from 0 on.",
        "Un unsignedInt est un entier à partir de 0.");

    public static readonly Phrase FormatDecimal = new(
        "A decimal is written as JSON writes numbers.",
        "Un décimal s'écrit comme JSON écrit les nombres.");

    public static readonly Phrase FormatStringLong = new(
        "A string has at most 1 MB.",
        "Un texte a au plus 1 Mo.");

    public static readonly Phrase FormatStringBlank = new(
        "A string is more than white space.",
        "Un texte n'est pas fait que d'espaces.");

    public static readonly Phrase FormatCode = new(
        "A code has no space at its ends and no two spaces together.",
        "Un code n'a d'espace ni au début ni à la fin, ni deux de suite.");

    public static readonly Phrase FormatId = new(
        "An id has 1 to 64 characters out of A-Z, a-z, 0-9, '-' and '.'.",
        "Un id a de 1 à 64 caractères parmi A-Z, a-z, 0-9, « - » et « . ».");

    public static readonly Phrase FormatOid = new(
        "An OID reads urn:oid: and numbers with dots between.",
        "Un OID s'écrit urn:oid: puis des nombres séparés par des points.");

    public static readonly Phrase FormatUuid = new(
        "A UUID reads urn:uuid: and 32 lower-case hexadecimal digits in five groups.",
        "Un UUID s'écrit urn:uuid: puis 32 chiffres hexadécimaux minuscules en cinq groupes.");

    public static readonly Phrase FormatUuidAnyCase = new(
        "A UUID reads urn:uuid: and 32 hexadecimal digits in five groups.",
        "Un UUID s'écrit urn:uuid: puis 32 chiffres hexadécimaux en cinq groupes.");

    public static readonly Phrase FormatUri = new(
        "A URI has no white space.",
        "Une URI n'a pas d'espace.");

    public static readonly Phrase FormatBase64 = new(
        "The text is not Base64.",
        "Le texte n'est pas du Base64.");

    public static readonly Phrase FormatDate = new(
        "A date reads yyyy, yyyy-MM or yyyy-MM-dd and exists.",
        "Une date s'écrit aaaa, aaaa-MM ou aaaa-MM-jj et existe.");

    public static readonly Phrase FormatDateTime = new(
        "A dateTime reads yyyy, yyyy-MM, yyyy-MM-dd or yyyy-MM-ddThh:mm:ss with a time zone, and exists.",
        "Une date et heure s'écrit aaaa, aaaa-MM, aaaa-MM-jj ou aaaa-MM-jjThh:mm:ss avec un fuseau, et existe.");

    public static readonly Phrase FormatInstant = new(
        "An instant reads yyyy-MM-ddThh:mm:ss with a time zone.",
        "Un instant s'écrit aaaa-MM-jjThh:mm:ss avec un fuseau.");

    public static readonly Phrase FormatTime = new(
        "A time reads hh:mm:ss without a time zone.",
        "Une heure s'écrit hh:mm:ss sans fuseau.");

    public static readonly Phrase Verbatim = new(
        "{0} ({1})",
        "{0} ({1})");

    public static readonly Phrase FullUrlAbsent = new(
        "An entry of a Bundle has a fullUrl, except in transactions and batches.",
        "Une entrée de Bundle a un fullUrl, sauf dans les transactions et les lots.");

    public static readonly Phrase ReferenceNoBase = new(
        "A relative reference stands in an entry without fullUrl: nothing tells what it is relative to.",
        "Une référence relative se trouve dans une entrée sans fullUrl : rien ne dit à quoi elle se rapporte.");

    public static readonly Phrase ReferenceMany = new(
        "The Bundle has {0} entries that the reference may mean.",
        "Le Bundle a {0} entrées que la référence peut désigner.");

    public static readonly Phrase ReferenceFullUrl = new(
        "The Bundle has a resource of that type and id, but its fullUrl is not the one that the reference means.",
        "Le Bundle a une ressource de ce type et de cet id, mais son fullUrl n'est pas celui que la référence désigne.");

    public static readonly Phrase EntryUnreachable = new(
        "No link leads from the first entry to this one, nor back.",
        "Aucun lien ne mène de la première entrée à celle-ci, ni en sens inverse.");

    public static readonly Phrase LinkOfSearch = new(
        "A link to pages of a search has no place in a document.",
        "Un lien vers les pages d'une recherche n'a pas sa place dans un document.");

    public static readonly Phrase SearchNoId = new(
        "A resource that a search found has an id.",
        "Une ressource trouvée par une recherche a un id.");

    public static readonly Phrase SearchOutcome = new(
        "An entry of the mode outcome holds an OperationOutcome.",
        "Une entrée de mode outcome contient un OperationOutcome.");

    public static readonly Phrase SearchOtherType = new(
        "The search was for resources of another type.",
        "La recherche portait sur un autre type de ressource.");

    public static readonly Phrase DiscriminatorPath = new(
        "The path of a discriminator leads to no element of what is sliced.",
        "Le chemin d'un discriminant ne mène à aucun élément de ce qui est découpé en tranches.");

    public static readonly Phrase TooCostly = new(
        "The check was ended: the profiles ask for too much work on this resource.",
        "La vérification a été arrêtée : les profils demandent trop de travail sur cette ressource.");

    public static readonly Phrase ProfileCircular = new(
        "The profile derives from itself: it cannot be checked.",
        "Le profil dérive de lui-même : on ne peut vérifier avec lui.");
}
