using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CptsFhirHub.Fhir.Tests")]
