using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CptsFhirHub.Storage.Tests")]
