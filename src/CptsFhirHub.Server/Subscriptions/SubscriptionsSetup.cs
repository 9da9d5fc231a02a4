using CptsFhirHub.Server.Outbound;
using CptsFhirHub.Server.Rest;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>Registers subscriptions: their rule, their watch over commits, their calls and their operations.</summary>
internal static class SubscriptionsSetup
{
    public static void AddSubscriptions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<CriteriaReading>();
        services.AddSingleton<SubscriptionBook>();
        services.AddSingleton<ChangeTelling>();
        services.AddSingleton<Endpoints>();
        services.AddSingleton<HeaderSeal>();
        services.AddSingleton<SubscriptionStates>();
        services.AddSingleton<EventSight>();
        services.AddSingleton<SubscriptionRule>();
        services.AddSingleton<SubscriptionPulse>();
        services.AddSingleton<SubscriptionOperations>();
        services.AddSingleton<IOutgoing, SubscriptionCarrier>();
        services.AddSingleton<WriteRule>(provider => provider.GetRequiredService<SubscriptionRule>().Judge);
        services.AddSingleton<WriteCompletion>(provider => provider.GetRequiredService<SubscriptionRule>().Complete);
        services.AddSingleton(provider => new ServedOperation("Subscription/$status", provider.GetRequiredService<SubscriptionOperations>().Status));
        services.AddSingleton(provider => new ServedOperation("Subscription/$events", provider.GetRequiredService<SubscriptionOperations>().Events));
        services.AddHostedService(provider => provider.GetRequiredService<SubscriptionPulse>());
        services.AddHostedService<PublishTopics>();
        foreach (var topic in Topics.All)
            services.AddSingleton(new CapabilityNote("Subscription", SubscriptionWish.Backport + "capabilitystatement-subscriptiontopic-canonical", topic.Url));
    }
}
