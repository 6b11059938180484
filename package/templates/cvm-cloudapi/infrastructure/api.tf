# The platform checks who calls, and passes calls on to the server.
resource "cloudapp_api_handler" "app" {
  vpc_id           = var.app_target.vpc.id
  host             = "${tencentcloud_instance.app.private_ip}:8080"
  handler_protocol = "http"
  handler_path     = "/api/:api_name"
}

resource "cloudapp_api" "list_items" {
  handler_id = cloudapp_api_handler.app.id
  api_name   = "ListItems"
  api_desc   = "All items, or those with a name"

  request_parameters = [
    {
      name     = "Name"
      position = "BODY"
      type     = "string"
      desc     = "Only items with this name"
      required = false
    },
  ]
}

resource "cloudapp_api" "add_item" {
  handler_id = cloudapp_api_handler.app.id
  api_name   = "AddItem"
  api_desc   = "Adds an item"
}
