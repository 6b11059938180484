# Made only where the customer has none to choose.
resource "tencentcloud_vpc" "app" {
  count = var.network_source == "new" ? 1 : 0

  name       = "${var.cloudapp_name}-network"
  cidr_block = var.network_cidr
}

resource "tencentcloud_subnet" "app" {
  count = var.network_source == "new" ? 1 : 0

  name              = "${var.cloudapp_name}-subnet"
  vpc_id            = tencentcloud_vpc.app[0].id
  availability_zone = var.app_place.zone
  cidr_block        = cidrsubnet(var.network_cidr, 8, 1)
}

resource "tencentcloud_security_group" "app" {
  name        = "${var.cloudapp_name}-server"
  description = "HTTP from anywhere"
}

resource "tencentcloud_security_group_rule_set" "app" {
  security_group_id = tencentcloud_security_group.app.id

  ingress {
    action      = "ACCEPT"
    protocol    = "TCP"
    port        = "80"
    cidr_block  = "0.0.0.0/0"
    description = "HTTP"
  }

  egress {
    action      = "ACCEPT"
    cidr_block  = "0.0.0.0/0"
    description = "To anywhere"
  }
}
