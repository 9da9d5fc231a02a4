using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Flows;

/// <summary>Registers the flows.</summary>
internal static class FlowsSetup
{
    public static void AddFlows(this IServiceCollection services)
    {
        services.AddSingleton<RunningWalks>();
        services.AddSingleton<ReceiveSignalement>();
        services.AddSingleton<MessageWalk>();
        services.AddSingleton<FileWalk>();
        services.AddSingleton<RecordResources>();
        services.AddSingleton<CohortFile>();
        services.AddSingleton<SnapshotFile>();
        services.AddSingleton<LeavingGp>();
        services.AddSingleton<Withdrawals>();
        services.AddSingleton<RetiredNumbers>();
        services.AddSingleton<SignalementDecision>();
        services.AddSingleton<MergePersons>();
        services.AddSingleton(provider =>
        {
            var merging = provider.GetRequiredService<MergePersons>();
            return new PersonMerging(merging.MergeAsync, merging.UnmergeAsync);
        });
        services.AddSingleton<TellIdentity>();
        services.AddSingleton(provider => new MatchParameters(
            provider.GetRequiredService<Storage.RegistryStore>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<HubSettings>().MatchModel,
            provider.GetRequiredService<HubSettings>().GuardsOff));
        services.AddSingleton<IdentityTelling>(provider => provider.GetRequiredService<TellIdentity>().RunAsync);
        services.AddSingleton<Practices>();
        services.AddSingleton<FileClosing>();
        services.AddSingleton<CheckNeeds>();
        services.AddSingleton<ErasePerson>();
        services.AddSingleton<EraseExpired>();
        services.AddSingleton<PersonErasure>(provider => provider.GetRequiredService<ErasePerson>().TellAsync);
        services.AddSingleton<SharePerson>();
        services.AddSingleton<PersonSharing>(provider => provider.GetRequiredService<SharePerson>().RunAsync);
        services.AddSingleton<TaskSteps>();
        services.AddSingleton<CohortLeavers>();
        services.AddSingleton<SenderFeedback>();
        services.AddSingleton(provider => Communes.Load(SourceFolders.Folder(provider.GetRequiredService<IConfiguration>())));
        services.AddSingleton<CareNow>();
        services.AddSingleton<WaitingListOfGp>();
        services.AddSingleton<WaitingListing>(provider =>
            (role, caller, wish, cancellationToken) => provider.GetRequiredService<WaitingListOfGp>().RunAsync(role, caller.Tenant, wish, cancellationToken));
        services.AddSingleton<OpenFiles>();
        services.AddSingleton<CommuneMap>();
        services.AddSingleton<CallCampaign>();
        services.AddSingleton<CampaignCalling>(provider => provider.GetRequiredService<CallCampaign>().RunAsync);
        services.AddSingleton<WriteRule>(provider => provider.GetRequiredService<TaskSteps>().Judge);
        services.AddSingleton(provider => new SourceMaps(
            SourceFolders.Folder(provider.GetRequiredService<IConfiguration>()), Profiles.Folder(provider.GetRequiredService<IConfiguration>()),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MapsInForce>();
        services.AddSingleton<WriteRule>(provider => provider.GetRequiredService<MapsInForce>().Judge);
        services.AddSingleton<ReplayMessages>();
        services.AddSingleton<PreviewFile>();
        services.AddSingleton(provider => SourceFolders.Load(provider));
        services.AddSingleton<SourceWatch>();
        services.AddSingleton<SourceCoverage>();
        services.AddSingleton(provider => new Territories(
            provider.GetRequiredService<IConfiguration>(),
            provider.GetRequiredService<ClientRegistry>().All
                .Where(client => client.Organization is not null)
                .ToDictionary(client => client.Id, client => client.Organization!, StringComparer.Ordinal),
            provider.GetRequiredService<HubSettings>().Demo));
        services.AddHostedService<PublishDefinitions>();
        services.AddHostedService<ResumeMessages>();
        services.AddHostedService<KeyRenewal>();
        services.AddHostedService<RulesOfIdentity>();
    }
}
