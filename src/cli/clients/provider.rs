//! `clients provider`: the identity provider bound to a client. Its secret comes by standard input or a prompt.

use crate::identity::{Secret, Text};
use crate::workflows::clients;
use crate::workflows::intent::clients::{ClientEdit, ClientIntent};
use crate::workflows::intent::{self, Intent, ProviderEdit, ProviderField, SecretField};

use super::super::args::{By, OfClient, Provider, SecretBy, SetProvider};
use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::session::Signed;
use super::super::write;

pub(super) async fn run(
    signed: &Signed,
    command: &Provider,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Provider::Set(command) => set(signed, command, context, io).await,
        Provider::Align { client, by, write } => {
            let of = clients::find(&signed.engine, client).await?.id.reference();
            let intent = Intent::AlignProvider { of, by_subject: *by == By::ExternalId };
            super::super::intent::run(signed, &intent, write, context, io).await
        }
        Provider::Remove(OfClient { client, write }) => {
            let client = clients::find(&signed.engine, client).await?.id;
            let intent = ClientIntent::Edit { client, edit: ClientEdit::NoProvider };
            super::apply(signed, intent, write, context, io).await?;
            Ok(Exit::Done)
        }
    }
}

async fn set(
    signed: &Signed,
    command: &SetProvider,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let client = clients::find(&signed.engine, &command.client).await?;
    let text = |text: &Option<String>| text.as_deref().map(Text::from);
    let mut fields = Vec::new();
    fields.extend(text(&command.authorize_url).map(ProviderField::AuthorizeUrl));
    fields.extend(text(&command.swap_url).map(ProviderField::TokenUrl));
    fields.extend(text(&command.user_info_url).map(ProviderField::UserInfoUrl));
    fields.extend(text(&command.client_id).map(ProviderField::ClientId));
    fields.extend(command.method.map(|method| {
        ProviderField::AuthMethod((method == SecretBy::Post).then(|| Text::from("client_secret_post")))
    }));
    fields.extend(command.use_pkce.map(ProviderField::UsePkce));
    fields.extend(command.by.map(|by| ProviderField::BySubject(by == By::ExternalId)));
    // A provider is not whole without its secret; where one is bound, the secret stays unless another is given.
    let secret = if command.secret_stdin {
        Some(io.secret_line()?)
    } else if client.provider.is_none() && !command.write.dry_run {
        Some(io.ask_secret("Client secret of the provider", "Give --secret-stdin.")?)
    } else {
        None
    };
    let dry = client.provider.is_none() && command.write.dry_run;
    let secret_field = (secret.is_some() || dry).then_some(SecretField::Client);
    let edit = ProviderEdit { of: client.id.reference(), fields, secret: secret_field };
    if let Some(secret) = &secret {
        use secrecy::ExposeSecret as _;
        if let Some(wrong) = crate::identity::route::typed::secret(secret.expose_secret()) {
            return Err(Failure::usage(wrong));
        }
    }
    let plan = intent::plan(&signed.engine, &Intent::EditProvider(Box::new(edit))).await?;
    let secret = secret.map(Secret::from);
    let (engine, production) = (&signed.engine, signed.production);
    write::apply_with(engine, plan, secret.as_ref(), &command.write, production, context, io).await?;
    Ok(Exit::Done)
}
