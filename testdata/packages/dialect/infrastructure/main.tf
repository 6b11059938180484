resource "tencentcloud_security_group" "own" {
  count = var.own_group ? 1 : 0
  name  = "dialect-own"
}

resource "tencentcloud_vpc" "second" {
  name       = "dialect-second"
  cidr_block = "10.9.0.0/16"
  # base-property: every resource of a package may say where it is, whether its schema has it or not.
  availability_zone = var.app_target.subnet.zone
}

resource "tencentcloud_subnet" "second" {
  name              = "dialect-second"
  availability_zone = var.app_target.subnet.zone
  cidr_block        = "10.9.1.0/24"
  # index-on-single-instance: the resource has no count.
  vpc_id = tencentcloud_vpc.second[0].id
}

resource "tencentcloud_instance" "server" {
  instance_name     = "dialect-server"
  availability_zone = var.app_target.subnet.zone
  image_id          = "img-dialect1"
  instance_type     = "S5.MEDIUM4"
  vpc_id            = var.app_target.vpc.id
  # undeclared-attribute: the value that is injected has more than its type declares.
  subnet_id = var.app_target.subnet_id
  # instance-index-missing: the resource has a count.
  orderly_security_groups = [tencentcloud_security_group.own.id]
  system_disk_size        = var.disk.size
  system_disk_type        = var.disk.type
  cam_role_name           = var.runtime_role
  # unknown-argument-ignored: nothing of that name exists; the server is still made after the subnet.
  made_after = tencentcloud_subnet.second.id
}

# required-argument-left-out: Terraform's provider requires clb_name; the cloud decides it.
resource "tencentcloud_clb_instance" "entry" {
  network_type = "INTERNAL"
  vpc_id       = var.app_target.vpc.id
  # single-element-list: one value is wanted.
  subnet_id = [var.app_target.subnet.id]
}

output "server" {
  description = "Inner address of the server"
  value       = tencentcloud_instance.server.private_ip
}

resource "random_password" "login" {
  length = 16
}

# sensitive-output: the output does not say that its value is sensitive.
output "login" {
  description = "Password of the server"
  value       = random_password.login.result
}
