//! What is fixed although it is different for each installation: the region, and images.

use cloudapp_lang::{Diagnostic, Diagnostics};

use super::stack::{Stack, arguments, literal};

/// How identifiers of images begin.
const IMAGE: &str = "img-";

/// The arguments that take them.
const IMAGE_ARGUMENTS: [&str; 3] = ["image_id", "img_id", "node_image_id"];

pub(super) fn check(stack: &Stack, found: &mut Diagnostics) {
    for block in stack.blocks() {
        let kind = &*block.kind.name;
        if kind == "provider"
            && let Some(region) = block.body.attribute("region")
            && let Some(text) = literal(&region.expr)
        {
            let detail = format!(
                "The provider always installs into \"{text}\", wherever the customer's network is."
            );
            let d = Diagnostic::warning("literal-region", "Region is fixed", detail);
            found.push(
                d.at(region.expr.span)
                    .within(block.header)
                    .hint("Take it from what the customer chooses, such as var.app_target.region."),
            );
        }
        if kind != "resource" {
            continue;
        }
        for argument in arguments(block) {
            let name = &*argument.name.name;
            let Some(text) = literal(argument.expr).filter(|t| t.starts_with(IMAGE)) else {
                continue;
            };
            if IMAGE_ARGUMENTS.contains(&name) {
                let detail = format!(
                    "\"{text}\" is the image of one region and version; a new one has to be found wherever it is written."
                );
                let d = Diagnostic::warning("literal-image", "Image is fixed", detail);
                found.push(
                    d.at(argument.expr.span)
                        .within(block.header)
                        .hint("Put it into a variable, with this as the default, or let the customer choose with image-select."),
                );
            }
        }
    }
}
