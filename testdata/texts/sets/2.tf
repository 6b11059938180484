resource "tencentcloud_security_group" "web" {
  name = "web"
}

resource "tencentcloud_security_group_rule_set" "web" {
  security_group_id = tencentcloud_security_group.web.id

  ingress {
    action      = "DROP"
    cidr_block  = "0.0.0.0/0"
    protocol    = "TCP"
    port        = "22"
    description = "no shells"
  }
  ingress {
    action      = "ACCEPT"
    cidr_block  = "10.0.0.0/22"
    protocol    = "TCP"
    port        = "80-90,443"
    description = "web"
  }
  ingress {
    action      = "ACCEPT"
    cidr_block  = "172.18.1.2"
    protocol    = "ALL"
    port        = "ALL"
    description = "peer"
  }
}

resource "terraform_data" "sets" {
  input = toset([
    { name = "c", size = 3, kind = "y" },
    { name = "b", size = 20, kind = "x" },
    { name = "d", size = 4, kind = "z" },
  ])
}

output "names" {
  value = { a = ["one", "three"], b = "same" }
}
