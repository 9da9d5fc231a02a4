using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CptsFhirHub.Storage.Tests")]
[assembly: InternalsVisibleTo("CptsFhirHub.Storage.Postgres.Tests")]
[assembly: InternalsVisibleTo("CptsFhirHub.Server.Tests")]
[assembly: InternalsVisibleTo("CptsFhirHub.Server.Postgres.Tests")]
