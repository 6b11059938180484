# Only the load balancer may reach the nodes, and only the nodes the database.
resource "tencentcloud_security_group" "inside" {
  name        = "${var.cloudapp_name}-inside"
  description = "Nodes and database"
}

resource "tencentcloud_security_group_rule_set" "inside" {
  security_group_id = tencentcloud_security_group.inside.id

  ingress {
    action             = "ACCEPT"
    protocol           = "TCP"
    port               = "30000-32768"
    source_security_id = var.app_group.security_group.id
    description        = "From the load balancer"
  }

  ingress {
    action             = "ACCEPT"
    protocol           = "TCP"
    port               = "3306"
    source_security_id = tencentcloud_security_group.inside.id
    description        = "From the nodes"
  }

  egress {
    action      = "ACCEPT"
    cidr_block  = "0.0.0.0/0"
    description = "To anywhere"
  }
}
