// A table of sentences: long because they are many.
using System.Collections.Frozen;
using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server;

/// <summary>
/// What the intake says of messages and files, in French, as senders and coordinators read it: reports of dropped files, tables of rows, the console, and
/// answers to who asks for French. What readers, flows and logs say stays English; a sentence that is not in the table is told as it is.
/// </summary>
internal static class FrenchTexts
{
    /// <summary>Sentences that may follow another one.</summary>
    private static readonly (string English, string French)[] Endings =
    [
        (" The value is left out.", " La valeur n'est pas reprise."),
        (" It is kept as typed.", " Elle est gardée telle quelle."),
    ];

    private static readonly (string English, string French)[] Sentences =
    [
        // Values.
        ("This value is required.", "Cette valeur est obligatoire."),
        ("This field is required.", "Ce champ est obligatoire."),
        ("This value is expected; the file is incomplete without it.", "Cette valeur est attendue ; sans elle le dossier est incomplet."),
        ("A group of values is expected here, not a single one.", "Un groupe de valeurs est attendu ici, pas une valeur seule."),
        ("One value is expected here, not a list.", "Une seule valeur est attendue ici, pas une liste."),
        ("A list is expected here.", "Une liste est attendue ici."),
        ("This value is not known here; it is kept and not used.", "Cette valeur n'est pas connue ici ; elle est gardée et n'est pas utilisée."),
        ("A single value is expected here, not a group of values.", "Une valeur seule est attendue ici, pas un groupe."),
        ("{0} is expected here.", "{0} : c'est ce qui est attendu ici."),
        ("true or false", "Vrai ou faux"),
        ("A number", "Un nombre"),
        ("A string", "Un texte"),
        ("One of {0} is expected.", "Une de ces valeurs est attendue : {0}."),
        ("Yes or no is expected.", "Oui ou non est attendu."),
        ("O, N or ? is expected.", "O, N ou ? est attendu."),
        ("F, M or U is expected.", "F, M ou U est attendu."),
        ("F, M, O or U is expected.", "F, M, O ou U est attendu."),
        ("More than {0} characters.", "Plus de {0} caractères."),
        ("More than {0} bytes.", "Plus de {0} octets."),
        ("More than {0} values.", "Plus de {0} valeurs."),
        ("More than {0} fields.", "Plus de {0} champs."),
        ("More than {0} columns.", "Plus de {0} colonnes."),
        ("More than {0} segments.", "Plus de {0} segments."),
        ("More than {0} repetitions.", "Plus de {0} répétitions."),
        ("More than {0} components.", "Plus de {0} composants."),
        ("More than {0} documents.", "Plus de {0} documents."),
        ("More than {0} lines: the rest was not read.", "Plus de {0} lignes : le reste n'a pas été lu."),
        ("A field has more than {0} characters.", "Un champ dépasse {0} caractères."),
        ("Several stand here and one is expected: the first is taken, the others are left out.", "Il y en a plusieurs ici et un seul est attendu : le premier est pris, les autres ne sont pas repris."),
        ("Part of this is no phone number and no e-mail address: that part is left out.", "Une partie n'est ni un téléphone ni un courriel : elle n'est pas reprise."),
        ("An instant such as 2025-06-18T09:12:44+02:00 is expected.", "Un instant comme 2025-06-18T09:12:44+02:00 est attendu."),
        ("This is not a date: yyyy-mm-dd or dd/mm/yyyy is expected.", "Ce n'est pas une date : aaaa-mm-jj ou jj/mm/aaaa est attendu."),
        ("This is a spreadsheet's day number, not a date: format the column as a date.", "C'est le numéro de jour d'un tableur, pas une date : mettez la colonne au format date."),
        ("The year has two digits only: the century cannot be guessed.", "L'année n'a que deux chiffres : le siècle ne se devine pas. Corrigez la date et renvoyez la ligne."),
        ("There is no such day in the calendar.", "Ce jour n'existe pas dans le calendrier."),
        ("This is not a time: yyyyMMddHHmmss with an optional offset is expected.", "Ce n'est pas une heure : aaaaMMjjHHmmss, avec ou sans décalage, est attendu."),
        ("This is not an e-mail address.", "Ce n'est pas une adresse de courriel."),
        ("{0} characters are expected: the zero that a spreadsheet drops at the beginning was put back.", "{0} caractères sont attendus : le zéro que le tableur enlève au début a été remis."),
        ("A whole number from 0 is expected.", "Un nombre entier à partir de 0 est attendu."),
        ("A phone number has no letters.", "Un numéro de téléphone n'a pas de lettres."),
        ("This is not a phone number.", "Ce n'est pas un numéro de téléphone."),
        ("This is not a phone number: ten digits, or + and the country code, are expected.", "Ce n'est pas un numéro de téléphone : dix chiffres, ou + et l'indicatif du pays, sont attendus."),
        ("A number of one repeated digit reaches nobody.", "Un numéro fait d'un seul chiffre répété ne joint personne."),
        ("The name says both the birth name and the name in use: each was put in its place.", "Le nom dit à la fois le nom de naissance et le nom utilisé : chacun a été mis à sa place."),
        ("The NIR has 13 characters: its key is not given.", "Le NIR a 13 caractères : sa clé n'est pas donnée."),
        ("A spreadsheet has rounded the NIR and its last digits are lost: format the column as text and export again.", "Un tableur a arrondi le NIR et ses derniers chiffres sont perdus : mettez la colonne au format texte et exportez à nouveau."),
        ("A spreadsheet wrote the NIR as a power of ten. All its digits stand there and its key is right: format the column as a number without decimals, or as text, and send the line again.", "Un tableur a écrit le NIR en puissance de dix. Tous ses chiffres sont là et sa clé est juste : mettez la colonne au format nombre sans décimales, ou texte, et renvoyez la ligne."),
        ("This is not the shape of a NIR: 13 characters and a key of two digits are expected.", "Ce n'est pas la forme d'un NIR : 13 caractères et une clé de deux chiffres sont attendus."),
        ("The key of the NIR does not match its digits: it will not be used to recognise the person.", "La clé du NIR ne correspond pas à ses chiffres : il ne servira pas à reconnaître la personne."),
        ("The NIR contradicts the sex or the birth date: it may be a relative's. It will not be used to recognise the person.", "Le NIR contredit le sexe ou la date de naissance : c'est peut-être celui d'un proche. Il ne servira pas à reconnaître la personne."),
        ("This is not an RPPS number: eleven digits are expected.", "Ce n'est pas un numéro RPPS : onze chiffres sont attendus."),
        ("Several communes may be meant: {0}. Tell the INSEE code, or the post code beside the name.", "Plusieurs communes sont possibles : {0}. Donnez le code INSEE, ou le code postal à côté du nom."),
        ("This commune is not in the table of communes: tell its INSEE code.", "Cette commune n'est pas dans la table des communes : donnez son code INSEE."),

        // Files.
        ("This is a spreadsheet's workbook, not a CSV file: save its sheet as CSV and send that.", "C'est un classeur de tableur, pas un fichier CSV : enregistrez la feuille en CSV et envoyez ce fichier."),
        ("The file is empty.", "Le fichier est vide."),
        ("The message is empty.", "Le message est vide."),
        ("The form is empty.", "Le formulaire est vide."),
        ("This file is not text: a CSV file is expected.", "Ce fichier n'est pas du texte : un fichier CSV est attendu."),
        ("Read as {0}, fields separated by {1}.", "Lu en {0}, champs séparés par {1}."),
        ("Read as {0}, fields separated by {1}. {2} lines are not of this territory.", "Lu en {0}, champs séparés par {1}. {2} lignes ne sont pas de ce territoire."),
        ("semicolons", "des points-virgules"),
        ("commas", "des virgules"),
        ("tabs", "des tabulations"),
        ("bars", "des barres verticales"),
        ("The line has {0} fields and the header {1}: a separator stands in a text without quotes.", "La ligne a {0} champs et l'en-tête {1} : un séparateur se trouve dans un texte sans guillemets."),
        ("The line has {0} fields and the header {1}: the last ones count as absent.", "La ligne a {0} champs et l'en-tête {1} : les derniers comptent comme absents."),
        ("A quote of the header is not closed.", "Un guillemet de l'en-tête n'est pas fermé."),
        ("No column name is known: the first line must be the header.", "Aucun nom de colonne n'est connu : la première ligne doit être l'en-tête."),
        ("This column occurs twice.", "Cette colonne est présente deux fois."),
        ("This column is not known here; it is kept and not used.", "Cette colonne n'est pas connue ici ; elle est gardée et n'est pas utilisée."),
        ("{0} rows are being worked off.", "{0} lignes sont en cours de traitement."),
        ("{0} rows: {1} processed, {2} duplicate, {3} waiting, {4} rejected.", "{0} lignes : {1} traitées, {2} en double, {3} à vérifier, {4} rejetées."),
        ("The rows of this file are messages of their own.", "Les lignes de ce fichier sont des messages à part entière."),
        ("Links are not taken.", "Les liens ne sont pas pris."),
        ("The hub may not read the file.", "La plateforme n'a pas le droit de lire le fichier."),
        ("The file stands under another name too: it may be somebody else's, and may change under our hands.", "Le fichier existe aussi sous un autre nom : il est peut-être à quelqu'un d'autre et peut changer en cours de lecture."),
        ("The file was laid down by an account that this source does not name.", "Le fichier a été déposé par un compte que cette source n'autorise pas."),
        ("The control file is a link, or stands under another name too.", "Le fichier de contrôle est un lien, ou existe aussi sous un autre nom."),
        ("This source takes {0}.", "Cette source prend : {0}."),
        ("The file is larger than {0} bytes.", "Le fichier dépasse {0} octets."),
        ("The message is larger than {0} bytes.", "Le message dépasse {0} octets."),
        ("The form names no boundary.", "Le formulaire ne nomme pas de séparateur de parties."),
        ("The form has no part \"file\".", "Le formulaire n'a pas de partie « file »."),
        ("The number of lines is required.", "Le nombre de lignes est obligatoire."),
        ("The control file counts {0} lines and the file has {1}.", "Le fichier de contrôle compte {0} lignes et le fichier en a {1}."),
        ("The digest of the file is required.", "L'empreinte du fichier est obligatoire."),
        ("The file has another digest: it was changed or cut off on its way.", "Le fichier a une autre empreinte : il a été modifié ou coupé en chemin."),
        ("Line {0} says something else than the control file.", "La ligne {0} dit autre chose que le fichier de contrôle."),
        ("No control file came with this file: whether it is whole was not checked.", "Aucun fichier de contrôle n'accompagne ce fichier : il n'a pas été vérifié qu'il est entier."),
        ("A cohort of the file would have more than {0} members (Hub:Limits:GroupMembers): its Group stays as it was.", "Une cohorte du fichier dépasserait {0} membres (Hub:Limits:GroupMembers) : son groupe reste comme il était."),
        ("{0} persons of {1} lines stand in {2}.", "{0} personnes de {1} lignes sont dans {2}."),
        ("{0} members of {1} are not listed any more: they stay in it, marked inactive, and count no more.", "{0} membres de {1} ne sont plus sur la liste : ils y restent, marqués inactifs, et ne comptent plus."),
        ("A later file has told who belongs to the cohort: nobody is taken out or back by this one.", "Un fichier plus récent a dit qui fait partie de la cohorte : celui-ci ne retire ni ne remet personne."),
        ("{0} lines of the file do not tell whom they name, and members are missing: none of them was taken out. Mend the lines and send the file again.", "{0} lignes du fichier ne disent pas qui elles nomment, et des membres manquent : aucun n'a été retiré. Corrigez les lignes et renvoyez le fichier."),
        ("More than a fifth of the {0} members are missing in the file: it seems to be a part of the list, and none of them was taken out.", "Plus d'un cinquième des {0} membres manquent dans le fichier : il semble être une partie de la liste, et aucun n'a été retiré."),
        ("A later file of this source came meanwhile: nothing is ended or begun again by this one.", "Un fichier plus récent de cette source est arrivé entre-temps : celui-ci ne met fin à rien et ne reprend rien."),
        ("{0} of {1} have ended, {2} begun again; {3} professionals have none left.", "{0} {1} ont pris fin, {2} ont repris ; {3} professionnels n'en ont plus aucun."),
        ("The file does not name {0} of {1} that are known: it seems cut short, and none of them was ended.", "Le fichier ne nomme pas {0} des {1} connus : il semble coupé, et il n'a été mis fin à aucun."),
        ("{0} lines of the file do not tell whom they name, and {1} that are known are missing: none of them was ended. Mend the lines and send the file again.", "{0} lignes du fichier ne disent pas qui elles nomment, et {1} connus manquent : il n'a été mis fin à aucun. Corrigez les lignes et renvoyez le fichier."),

        // JSON.
        ("One object is expected here, not a list.", "Un seul objet est attendu ici, pas une liste."),
        ("The bytes here are not UTF-8.", "Les octets ne sont pas de l'UTF-8 ici."),
        ("The JSON stops before its end: it is truncated.", "Le JSON s'arrête avant sa fin : il est coupé."),
        ("The JSON is malformed here.", "Le JSON est mal formé ici."),
        ("A string holds half of a surrogate pair.", "Un texte contient une moitié de caractère."),
        ("A JSON object is expected here.", "Un objet JSON est attendu ici."),
        ("This member occurs twice: nobody can say which one counts.", "Ce membre est présent deux fois : personne ne peut dire lequel compte."),
        ("A list inside a list is not expected.", "Une liste dans une liste n'est pas attendue."),
        ("The message holds control characters, which no text may hold: they were left out.", "Le message contient des caractères de contrôle, qu'aucun texte ne peut contenir : ils ont été enlevés."),

        // HL7 v2.
        ("A message starts with the segment MSH.", "Un message commence par le segment MSH."),
        ("This charset is not read here: UNICODE UTF-8, 8859/1 or 8859/15 is expected.", "Ce jeu de caractères n'est pas lu ici : UNICODE UTF-8, 8859/1 ou 8859/15 est attendu."),
        ("No charset is declared and the bytes are UTF-8: read as such.", "Aucun jeu de caractères n'est déclaré et les octets sont de l'UTF-8 : lus comme tels."),
        ("Another charset is declared and the bytes are UTF-8: read as such.", "Un autre jeu de caractères est déclaré et les octets sont de l'UTF-8 : lus comme tels."),
        ("The bytes here are not in the charset that MSH-18 declares.", "Les octets ne sont pas ici dans le jeu de caractères que MSH-18 déclare."),
        ("The field separator is missing.", "Le séparateur de champs manque."),
        ("Four different separators are expected, usually ^~\\&.", "Quatre séparateurs différents sont attendus, d'ordinaire ^~\\&."),
        ("This line is not a segment: three capitals and the field separator are expected. A line break inside a value is written \\.br\\.", "Cette ligne n'est pas un segment : trois majuscules et le séparateur de champs sont attendus. Un retour à la ligne dans une valeur s'écrit \\.br\\."),
        ("A second MSH: one message at a time is expected.", "Un second MSH : un message à la fois est attendu, ou un lot (BHS … BTS)."),
        ("Segment {0} is not known here; it is kept and not used.", "Le segment {0} n'est pas connu ici ; il est gardé et n'est pas utilisé."),
        ("Segment {0} has more than {1} fields.", "Le segment {0} a plus de {1} champs."),
        ("P, D or T is expected.", "P, D ou T est attendu."),
        ("Version 2.x is expected.", "Une version 2.x est attendue."),
        ("This kind of message is not taken here: ADT, MDM, ORU and REF are.", "Ce type de message n'est pas pris ici : ADT, MDM, ORU et REF le sont."),
        ("The event is missing: MSH-9.2, or EVN-1.", "L'événement manque : MSH-9.2, ou EVN-1."),
        ("This event is not one of its kind of message.", "Cet événement n'existe pas pour ce type de message."),
        ("The segment PID is required.", "Le segment PID est obligatoire."),
        ("The segment PID stands here more than once: a message is about one person.", "Le segment PID est présent plusieurs fois : un message concerne une personne."),
        ("Test messages are not taken here.", "Les messages de test ne sont pas pris ici."),
        ("A merge names the number that disappears.", "Une fusion nomme le numéro qui disparaît."),
        ("A link and its undoing name two persons: two segments PID, each with a number in PID-3.", "Un lien et son annulation nomment deux personnes : deux segments PID, chacun avec un numéro en PID-3."),
        ("A referral has the segment RF1.", "Une orientation a le segment RF1."),
        ("A referral names who refers: PRD-1 RP.", "Une orientation nomme qui oriente : PRD-1 RP."),
        ("The authority of the INS is not one of the national OIDs: the number is not used.", "L'autorité de l'INS n'est pas un des OID nationaux : le numéro n'est pas utilisé."),
        ("The INS is not a NIR with its key.", "L'INS n'est pas un NIR avec sa clé."),
        ("A line stands outside of the messages: it is kept and not used.", "Une ligne se trouve hors des messages : elle est gardée et n'est pas utilisée."),
        ("The trailer is missing: the batch may be cut off. The messages that came were taken in.", "La fin du lot manque : il est peut-être coupé. Les messages arrivés ont été pris."),
        ("A batch holds at most {0} messages: those behind were not read.", "Un lot contient au plus {0} messages : les suivants n'ont pas été lus."),
        ("The trailer counts otherwise: {0} messages came. Those that came were taken in.", "La fin du lot compte autrement : {0} messages sont arrivés. Ils ont été pris."),
        ("The trailer counts otherwise: {0} batches came. Those that came were taken in.", "La fin du fichier compte autrement : {0} lots sont arrivés. Ils ont été pris."),
        ("The batch ends within this message: it may be cut off. Send it again.", "Le lot s'arrête dans ce message : il est peut-être coupé. Renvoyez-le."),
        ("A replacement names the document whose place it takes: this one stands beside it.", "Un remplacement nomme le document qu'il remplace : celui-ci est gardé à côté."),
        ("A withdrawal names the document that it withdraws.", "Un retrait nomme le document qu'il retire."),
        ("The document names another person than the segment PID.", "Le document nomme une autre personne que le segment PID."),
        ("The document is empty.", "Le document est vide."),
        ("A document is sent as Base64.", "Un document s'envoie en Base64."),
        ("The document is not Base64.", "Le document n'est pas du Base64."),

        // What became of it.
        ("There is nothing to read in this message.", "Il n'y a rien à lire dans ce message."),
        ("The message could not be read ({0}).", "Le message n'a pas pu être lu ({0})."),
        ("An acknowledgement asks for nothing: it was kept.", "Un acquittement ne demande rien : il a été gardé."),
        ("The message names no person.", "Le message ne nomme personne."),
        ("The birth date lies in the future.", "La date de naissance est dans le futur."),
        ("The birth date lies more than 120 years back.", "La date de naissance remonte à plus de 120 ans."),
        ("The hub could not finish this message; it is kept and will be run again.", "Le hub n'a pas pu finir ce message ; il est gardé et sera repris."),
        ("The hub could not finish this message after several tries; it is kept for a person.", "Le hub n'a pas pu finir ce message après plusieurs essais ; il est gardé pour une personne."),
        ("The person may be one the hub knows already: a coordinator decides, and the file is kept apart until then.", "La personne est peut-être déjà connue : un coordinateur décide, et le dossier reste à part jusque-là."),
        ("The person may be one the hub knows already: a coordinator compares them.", "La personne est peut-être déjà connue : un coordinateur compare les dossiers."),
        ("Several persons known here could be meant: a coordinator decides.", "Plusieurs personnes connues peuvent être visées : un coordinateur décide."),
        ("Several resources bear this identifier: a coordinator decides which is meant.", "Plusieurs ressources portent cet identifiant : un coordinateur dit laquelle est visée."),
        ("Everything this message says stood here already.", "Tout ce que dit ce message était déjà connu."),
        ("Nothing of this sender is open for this person: there was nothing to withdraw.", "Rien de cet émetteur n'est ouvert pour cette personne : il n'y avait rien à retirer."),
        ("This report was withdrawn before it came: its file is closed.", "Ce signalement avait été retiré avant d'arriver : son dossier est clos."),
        ("This report was withdrawn before it came; the file is another report's and stays open.", "Ce signalement avait été retiré avant d'arriver ; le dossier, ouvert par un autre signalement, reste ouvert."),
        ("Others signalled this person, or the file has gone on: it stays open.", "D'autres ont signalé cette personne, ou le dossier a avancé : il reste ouvert."),
        ("The person is not known here and nobody asks for a GP: nothing was kept but the message.", "La personne n'est pas connue ici et personne ne demande de médecin : seul le message est gardé."),
        ("A coordinator has said that these two numbers are two persons: they stay apart.", "Un coordinateur a dit que ces deux numéros sont deux personnes : elles restent séparées."),
        ("Both numbers have a record here: the two are merged.", "Les deux numéros ont un dossier ici : les deux sont réunis."),
        ("{0} Both have a record here: a coordinator merges them.", "{0} Les deux ont un dossier ici : un coordinateur les réunit."),
        ("The source is not trusted to join records.", "La source n'est pas admise à réunir des dossiers."),
        ("The numbers are not both the sender's own.", "Les numéros ne sont pas tous deux de l'émetteur."),
        ("One of the records did not come from this sender.", "Un des dossiers ne vient pas de cet émetteur."),
        ("The records bear two different national numbers.", "Les dossiers portent deux numéros nationaux différents."),
        ("Neither the names nor the birth dates of the records agree.", "Ni les noms ni les dates de naissance des dossiers ne concordent."),
        ("Neither number is known here.", "Aucun des deux numéros n'est connu ici."),
        ("The two numbers do not lead to one record here: there is nothing to separate.", "Les deux numéros ne mènent pas à un même dossier : il n'y a rien à séparer."),
        ("One record bears both numbers, and no merge by this sender made it: a coordinator separates them.", "Un seul dossier porte les deux numéros, sans fusion de cet émetteur : un coordinateur les sépare."),
        ("The event {0} moves a stay or an account to another person: a coordinator decides what goes with it.", "L'événement {0} déplace un séjour ou un compte vers une autre personne : un coordinateur dit ce qui va avec."),

        // Rules of the sources.
        ("A birth name, or at least the name in use, is required.", "Un nom de naissance, ou au moins le nom utilisé, est obligatoire."),
        ("A treatment must be renewed and there is no phone to call back.", "Un traitement est à renouveler et il n'y a pas de téléphone pour rappeler."),
        ("Neither a phone nor an e-mail: the person cannot be called back.", "Ni téléphone ni courriel : la personne ne peut pas être rappelée."),
        ("The birth date is later than the sign-up.", "La date de naissance est postérieure à l'inscription."),
        ("The birth name is expected: without it nobody is recognised for certain.", "Le nom de naissance est attendu : sans lui personne n'est reconnu avec certitude."),
        ("The call ends before it begins.", "L'appel se termine avant de commencer."),
        ("The patient leaves before coming in.", "Le patient sort avant d'entrer."),
    ];

    private static readonly FrozenDictionary<string, string> Whole = Sentences.Concat(CheckTexts.Sentences)
        .Where(sentence => !sentence.English.Contains('{', StringComparison.Ordinal))
        .DistinctBy(sentence => sentence.English, StringComparer.Ordinal).ToFrozenDictionary(sentence => sentence.English, sentence => sentence.French, StringComparer.Ordinal);

    private static readonly (string[] Parts, string French)[] Patterns =
        [.. Sentences.Concat(CheckTexts.Sentences).Where(sentence => sentence.English.Contains('{', StringComparison.Ordinal))
            .Select(Pattern).Where(pattern => !pattern.Parts[^1].Contains('{', StringComparison.Ordinal))];

    /// <summary>The state of a message in the journal.</summary>
    public static string StateOf(string state) => state switch
    {
        MessageState.Received => "Reçu",
        MessageState.Processed => "Traité",
        MessageState.Duplicate => "Doublon",
        MessageState.Waiting => "À vérifier",
        MessageState.Rejected => "Rejeté",
        _ => state,
    };

    /// <summary>How bad an issue is.</summary>
    public static string SeverityOf(string? severity) => severity switch
    {
        "fatal" or "error" => "Erreur",
        "warning" => "Attention",
        _ => "Information",
    };

    /// <summary>The issue as a French reader wants it: its place and its text.</summary>
    public static Issue Of(Issue issue) => issue with { Path = Place(issue.Path), Text = Of(issue.Text) };

    /// <summary>The sentence in French; itself when the table does not have it.</summary>
    public static string Of(string text)
    {
        if (Known(text) is { } whole)
            return whole;
        foreach (var (english, french) in Endings)
            if (text.EndsWith(english, StringComparison.Ordinal) && Known(text[..^english.Length]) is { } before)
                return before + french;
        return text;
    }

    /// <summary>A place in a file: <c>line 3, column "Nom"</c>. A field's own name stays.</summary>
    public static string Place(string path)
    {
        if (path == "file")
            return "fichier";
        foreach (var (english, french) in (ReadOnlySpan<(string, string)>)[("line ", "ligne "), ("field ", "champ "), ("control ", "contrôle "), ("form", "formulaire")])
            if (path.StartsWith(english, StringComparison.Ordinal))
                return french + path[english.Length..].Replace(", column \"", ", colonne \"", StringComparison.Ordinal).Replace(", byte ", ", octet ", StringComparison.Ordinal);
        return path == "control" ? "contrôle" : path;
    }

    private static string? Known(string text)
    {
        if (Whole.TryGetValue(text, out var whole))
            return whole;
        foreach (var (parts, french) in Patterns)
            if (Match(text, parts) is { } said)
                return string.Format(CultureInfo.InvariantCulture, french, [.. said.Select(one => Whole.GetValueOrDefault(one, one))]);
        return null;
    }

    /// <summary>What stands at the places of a sentence; null when it is another one.</summary>
    private static string[]? Match(string text, string[] parts)
    {
        if (!text.StartsWith(parts[0], StringComparison.Ordinal) || !text.EndsWith(parts[^1], StringComparison.Ordinal) || text.Length < parts[0].Length + parts[^1].Length)
            return null;
        var said = new string[parts.Length - 1];
        var (at, last) = (parts[0].Length, text.Length - parts[^1].Length);
        for (var i = 0; i < said.Length; i++)
        {
            var end = i == said.Length - 1 ? last : text.IndexOf(parts[i + 1], at, StringComparison.Ordinal);
            if (end < at || end > last)
                return null;
            said[i] = text[at..end];
            at = end + parts[i + 1].Length;
        }

        return said;
    }

    /// <summary>The text between the places, which stand in their order in English.</summary>
    private static (string[] Parts, string French) Pattern((string English, string French) sentence)
    {
        var parts = new List<string>();
        var (rest, number) = (sentence.English, 0);
        while (rest.IndexOf($"{{{number.ToString(CultureInfo.InvariantCulture)}}}", StringComparison.Ordinal) is >= 0 and var at)
        {
            parts.Add(rest[..at]);
            rest = rest[(at + 3)..];
            number++;
        }

        return ([.. parts, rest], sentence.French);
    }
}
